/**
 * What an operator can ask for: the dead letters, one of them in full, a redrive, the runners, a hold of
 * capacity, and API keys. Works on the store itself, with the operator's own access to it, so it needs no API that answers and no key
 * that could leak.
 */
import { KEYS, ScaleRecord } from '@preheat/contracts';
import { DeadLetters, DocumentStore, type JobStore, type JobStoreDependencies, RunnerRegistry } from '@preheat/jobs';
import { parseArgs } from 'node:util';
import { CAPACITY_USAGE, operateCapacity } from './capacity-commands.js';
import { KEY_USAGE, operateKeys } from './key-commands.js';

export const OPERATOR_USAGE = `usage: operator dead-letters list [--limit N]
       operator dead-letters show <job id>
       operator dead-letters redrive <job id>... | --all
       operator runners list
       operator runners wanted
${CAPACITY_USAGE}
${KEY_USAGE}

Prints one JSON value a line. Exit codes: 0 done, 1 not found or not dead, 2 wrong usage.`;

const DEFAULT_LIMIT = 100;
/** Most jobs of one `--all`. */
const REDRIVE_MAX = 10_000;

export type Print = (line: unknown) => void;

/** Runs one command and returns its exit code. */
export async function operate(
  args: readonly string[],
  jobs: JobStore,
  deps: JobStoreDependencies,
  print: Print,
): Promise<number> {
  const parsed = parsedArguments(args);
  if (!parsed) return 2;
  const { values, positionals } = parsed;
  const [area, verb, ...ids] = positionals;
  if (area === 'keys') {
    return operateKeys([verb, ...ids], { ...values, overlapSeconds: values['overlap-seconds'] }, deps, print);
  }
  if (area === 'capacity') return operateCapacity([verb, ...ids], values, deps, print);
  if (area === 'runners') {
    if (ids.length > 0) return 2;
    if (verb === 'list') return listRunners(deps, print);
    return verb === 'wanted' ? showWanted(deps, print) : 2;
  }
  const limit = Number(values.limit ?? DEFAULT_LIMIT);
  const deadLetters = new DeadLetters(jobs, deps);
  if (area !== 'dead-letters' || !Number.isSafeInteger(limit) || limit < 1) return 2;
  if (verb === 'list' && ids.length === 0) return list(deadLetters, limit, print);
  if (verb === 'show' && ids[0] !== undefined && ids.length === 1) return show(deadLetters, ids[0], print);
  if (verb !== 'redrive' || (values.all === true) === ids.length > 0) return 2;
  const wanted = values.all ? (await deadLetters.list(REDRIVE_MAX)).map(({ id }) => id) : ids;
  return redrive(deadLetters, wanted, print);
}

/** Those whose record has not expired. */
async function listRunners(deps: JobStoreDependencies, print: Print): Promise<number> {
  const iso = (ms: number): string => new Date(ms).toISOString();
  for (const runner of await new RunnerRegistry(deps).alive()) {
    const { id, runnerClass, startedAtMs, writtenAtMs, warmModels, job } = runner;
    const endsAt = job?.endsAtMs && { earliest: iso(job.endsAtMs.earliest), latest: iso(job.endsAtMs.latest) };
    const running = job && { id: job.jobId, projectId: job.projectId, since: iso(job.sinceMs), endsAt };
    const names = warmModels.map(({ model }) => model);
    print({ id, runnerClass, startedAt: iso(startedAtMs), seenAt: iso(writtenAtMs), warmModels: names, job: running });
  }
  return 0;
}

/** What the backlog asked for when the sweeper last had something to decide. */
async function showWanted(deps: JobStoreDependencies, print: Print): Promise<number> {
  const stored = await new DocumentStore(deps.store, ScaleRecord, deps.ids).read(KEYS.scale);
  const { writtenAtMs, wanted = 0, runners = 0, jobs = 0, samples = [] } = stored?.document ?? {};
  const at = writtenAtMs === undefined ? null : new Date(writtenAtMs).toISOString();
  print({ wanted, runners, jobs, backlogSeconds: (samples.at(-1)?.backlogMs ?? 0) / 1000, at });
  return 0;
}

/** Undefined for options that there are not. */
function parsedArguments(args: readonly string[]) {
  const options = {
    limit: { type: 'string' },
    all: { type: 'boolean' },
    project: { type: 'string' },
    admin: { type: 'boolean' },
    name: { type: 'string' },
    'overlap-seconds': { type: 'string' },
    reason: { type: 'string' },
    until: { type: 'string' },
    running: { type: 'string' },
    budget: { type: 'boolean' },
  } as const;
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch {
    return undefined;
  }
}

async function list(deadLetters: DeadLetters, limit: number, print: Print): Promise<number> {
  for (const { id, projectId, error, finishedAtMs, redrives = 0, resume } of await deadLetters.list(limit)) {
    const diedAt = new Date(finishedAtMs ?? 0).toISOString();
    print({ id, projectId, diedAt, error, redrives, resumesFromStep: resume?.step ?? 0 });
  }
  return 0;
}

async function show(deadLetters: DeadLetters, id: string, print: Print): Promise<number> {
  const letter = await deadLetters.inspect(id);
  print(letter ?? { id, problem: 'no dead letter has this id' });
  return letter ? 0 : 1;
}

async function redrive(deadLetters: DeadLetters, ids: readonly string[], print: Print): Promise<number> {
  let code = 0;
  for (const id of ids) {
    const outcome = await deadLetters.redrive(id);
    if (!outcome.ok) code = 1;
    print(outcome.ok ? { id, state: outcome.job.state } : { id, problem: outcome.reason });
  }
  return code;
}
