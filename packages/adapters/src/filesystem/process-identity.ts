/**
 * Who a process is, so that another process can tell whether it still lives. A process id alone is reused; together
 * with its start time and the boot of the machine it is unique. The answer "dead" is only given when it is certain:
 * a wrong "alive" costs waiting, a wrong "dead" would let two writers in.
 */
import { execFile } from 'node:child_process';
import { readFile, readlink } from 'node:fs/promises';
import { promisify } from 'node:util';

export interface ProcessIdentity {
  readonly pid: number;
  readonly startedAt: string;
  readonly bootId: string;
  /** Process ids mean nothing across namespaces (containers). Empty where the system has none. */
  readonly pidNamespace: string;
}

const IS_LINUX = process.platform === 'linux';

let own: Promise<ProcessIdentity> | undefined;

export function ownIdentity(): Promise<ProcessIdentity> {
  own ??= readOwnIdentity();
  return own;
}

async function readOwnIdentity(): Promise<ProcessIdentity> {
  const startedAt = await startTime(process.pid);
  if (startedAt === undefined) throw new Error(`The system does not tell when process ${process.pid} started`);
  const [bootId, pidNamespace] = IS_LINUX
    ? await Promise.all([readFile('/proc/sys/kernel/random/boot_id', 'utf8'), readlink('/proc/self/ns/pid')])
    : ['', ''];
  return { pid: process.pid, startedAt, bootId: bootId.trim(), pidNamespace };
}

/** False only if that process has certainly ended and can write nothing any more. */
export async function mayBeAlive(identity: ProcessIdentity): Promise<boolean> {
  const self = await ownIdentity();
  if (identity.bootId !== self.bootId) return false;
  if (identity.pidNamespace !== self.pidNamespace) return true;
  return (await startTime(identity.pid)) === identity.startedAt;
}

/** When the process with this id started, in the system's own notation; undefined if there is none. */
function startTime(pid: number): Promise<string | undefined> {
  return IS_LINUX ? startTimeFromProc(pid) : startTimeFromPs(pid);
}

/**
 * proc(5) stat: after the parenthesised command come state (field 3), ..., num_threads (20), starttime (22).
 * A killed process shows as a zombie as soon as its first thread is gone, while another thread may still be inside a
 * system call; it is dead once no other thread is left.
 */
async function startTimeFromProc(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ESRCH') return undefined;
    throw error;
  });
  if (stat === undefined) return undefined;
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, threads, startedAt] = [fields[0] ?? '', Number(fields[17]), fields[19]];
  return 'ZX'.includes(state) && threads <= 1 ? undefined : startedAt;
}

/** Elsewhere (macOS, BSD) ps tells; it exits with 1 for an unknown id. */
async function startTimeFromPs(pid: number): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)('ps', ['-p', String(pid), '-o', 'lstart='], { env: { LC_ALL: 'C' } });
    return stdout.trim();
  } catch (error) {
    if ((error as { code?: unknown }).code === 1) return undefined;
    throw error;
  }
}
