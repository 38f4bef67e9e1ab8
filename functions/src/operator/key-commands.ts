/** `operator keys …`: issues, lists, rotates and revokes API keys. The only place that issues admin keys. */
import { ApiError, check, Id } from '@preheat/contracts';
import { ApiKeys, type KeyDependencies } from '../access/api-keys.js';

export const KEY_USAGE = `       operator keys issue (--project <id> | --admin) [--name TEXT]
       operator keys list
       operator keys rotate <key id> [--overlap-seconds N]
       operator keys revoke <key id>`;

export interface KeyFlags {
  readonly project?: string | undefined;
  readonly admin?: boolean | undefined;
  readonly name?: string | undefined;
  readonly overlapSeconds?: string | undefined;
}

type Print = (line: unknown) => void;

/** Runs one command and returns its exit code. */
export async function operateKeys(
  [verb, id, ...more]: readonly (string | undefined)[],
  flags: KeyFlags,
  deps: KeyDependencies,
  print: Print,
): Promise<number> {
  const keys = new ApiKeys(deps);
  const overlapSeconds = Number(flags.overlapSeconds ?? 86_400);
  if (more.length > 0 || !Number.isSafeInteger(overlapSeconds) || overlapSeconds < 0) return 2;
  try {
    if (verb === 'issue' && id === undefined) return await issue(keys, flags, print);
    if (verb === 'list' && id === undefined) for (const key of await keys.list()) print(key);
    else if (verb === 'rotate' && id !== undefined) print(await keys.rotate(id, overlapSeconds * 1000));
    else if (verb === 'revoke' && id !== undefined) print(await keys.revoke(id));
    else return 2;
    return 0;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    print({ id, problem: error.message });
    return 1;
  }
}

async function issue(keys: ApiKeys, { project, admin = false, name }: KeyFlags, print: Print): Promise<number> {
  if (admin === (project !== undefined) || (project !== undefined && !check(Id, project).ok)) return 2;
  const role = admin ? 'admin' : 'project';
  print(await keys.issue({ role, projectId: project ?? null, name: name ?? project ?? role }));
  return 0;
}
