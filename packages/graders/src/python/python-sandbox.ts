/**
 * Runs python graders in sandboxed processes (docs/adr/0008): a process serves one source at a time, waits warm for its
 * next sample, and is killed when it takes too long or too much. There are never more than `maxProcesses`.
 */
import type { Clock } from '@preheat/ports';
import type { PythonCall, PythonRunner } from '../grader-services.js';
import { flagged, type Outcome, success } from '../outcome.js';
import { SandboxProcess, type SandboxReply } from './sandbox-process.js';

export interface PythonSandboxOptions {
  readonly clock: Clock;
  readonly maxProcesses: number;
  /** Of one call, without the wait for a process. Default 120 s, OpenAI's limit. */
  readonly timeoutMs?: number;
  /** Of one process, above what it takes to start. Default 2 GiB, OpenAI's limit. */
  readonly memoryLimitBytes?: number;
  /** How long a process without work is kept. Default 10 minutes: training steps may be that far apart. */
  readonly idleMs?: number;
}

/** To start Python and compile the source: seconds, more on a busy machine. */
const START_LIMIT_MS = 60_000;

interface Idle {
  readonly process: SandboxProcess;
  readonly reaping: AbortController;
}

export class PythonSandbox implements PythonRunner {
  readonly #clock: Clock;
  readonly #maxProcesses: number;
  readonly #timeoutMs: number;
  readonly #memoryLimitBytes: number;
  readonly #idleMs: number;
  readonly #busy = new Set<SandboxProcess>();
  #waiting: (() => void)[] = [];
  #idle: Idle[] = [];
  #slots: number;
  #isClosed = false;

  constructor(options: PythonSandboxOptions) {
    this.#clock = options.clock;
    this.#maxProcesses = options.maxProcesses;
    this.#slots = options.maxProcesses;
    this.#timeoutMs = options.timeoutMs ?? 120_000;
    this.#memoryLimitBytes = options.memoryLimitBytes ?? 2 * 1024 ** 3;
    this.#idleMs = options.idleMs ?? 600_000;
  }

  async grade({ source, sample, item }: PythonCall, signal: AbortSignal): Promise<Outcome<number>> {
    return this.#withProcess(source, signal, async (process, loaded) => {
      if (!('ready' in loaded)) return outcomeOf(loaded);
      return outcomeOf(await this.#inTime(process, process.grade(sample, item), signal, this.#timeoutMs));
    });
  }

  async check(source: string, signal: AbortSignal): Promise<string | null> {
    return this.#withProcess(source, signal, (_process, loaded) => {
      const outcome = outcomeOf(loaded);
      return Promise.resolve('ready' in loaded ? null : `does not run: ${outcome.ok ? '' : outcome.message}`);
    });
  }

  /** Kills every process; calls under way end with a flag, calls that wait for a process are rejected. */
  close(): void {
    this.#isClosed = true;
    for (const { process, reaping } of this.#idle) {
      reaping.abort();
      process.kill();
    }
    for (const process of this.#busy) process.kill();
    this.#idle = [];
  }

  async #withProcess<T>(
    source: string,
    signal: AbortSignal,
    work: (process: SandboxProcess, loaded: SandboxReply | Late) => Promise<T>,
  ): Promise<T> {
    await this.#takeSlot(signal);
    const warm = this.#takeIdle(source);
    const process = warm ?? new SandboxProcess(source, this.#memoryLimitBytes);
    this.#busy.add(process);
    try {
      const loaded = warm
        ? ({ ready: true } as const)
        : await this.#inTime(process, process.load(), signal, START_LIMIT_MS);
      if (!('ready' in loaded)) process.kill();
      return await work(process, loaded);
    } catch (error) {
      process.kill();
      throw error;
    } finally {
      this.#busy.delete(process);
      if (!process.isDead) this.#keep(process);
      this.#giveSlot();
    }
  }

  /** A call that outlasts its limit, or whose signal aborts, takes its process with it: a loop cannot be stopped otherwise. */
  async #inTime(
    process: SandboxProcess,
    reply: Promise<SandboxReply>,
    signal: AbortSignal,
    limitMs: number,
  ): Promise<SandboxReply | Late> {
    const ended = new AbortController();
    const late = this.#clock
      .sleep(limitMs, AbortSignal.any([signal, ended.signal]))
      .then((): Late => ({ lateMs: limitMs }));
    late.catch(() => undefined);
    try {
      const first = await Promise.race([reply, late]);
      if ('lateMs' in first) process.kill();
      return first;
    } finally {
      ended.abort();
    }
  }

  #takeIdle(source: string): SandboxProcess | undefined {
    const found = this.#idle.find(({ process }) => process.source === source && !process.isDead);
    // A process of another source makes room: it is the oldest that nobody needs.
    const leaving = found ?? (this.#busy.size + this.#idle.length >= this.#maxProcesses ? this.#idle[0] : undefined);
    if (!leaving) return undefined;
    this.#idle = this.#idle.filter((idle) => idle !== leaving);
    leaving.reaping.abort();
    if (found) return found.process;
    leaving.process.kill();
    return undefined;
  }

  #keep(process: SandboxProcess): void {
    const idle = { process, reaping: new AbortController() };
    this.#idle.push(idle);
    const reap = () => {
      this.#idle = this.#idle.filter((other) => other !== idle);
      process.kill();
    };
    this.#clock.sleep(this.#idleMs, idle.reaping.signal).then(reap, () => undefined);
  }

  async #takeSlot(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    while (this.#slots === 0) await this.#slotGiven(signal);
    if (this.#isClosed) throw new Error('the python sandbox is closed');
    this.#slots--;
  }

  /** Who stops waiting leaves the line: a slot given to somebody gone would wake nobody. */
  #slotGiven(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const given = () => {
        signal.removeEventListener('abort', aborted);
        resolve();
      };
      const aborted = () => {
        this.#waiting = this.#waiting.filter((other) => other !== given);
        reject(signal.reason as Error);
      };
      this.#waiting.push(given);
      signal.addEventListener('abort', aborted, { once: true });
    });
  }

  #giveSlot(): void {
    this.#slots++;
    this.#waiting.shift()?.();
  }
}

interface Late {
  readonly lateMs: number;
}

function outcomeOf(reply: SandboxReply | Late): Outcome<number> {
  if ('score' in reply) return success(reply.score);
  if ('error' in reply) return flagged('python_grader_runtime_error', reply.error);
  if ('problem' in reply) return flagged('python_grader_runtime_error', reply.problem);
  if ('memory' in reply) return flagged('python_grader_runtime_error', 'MemoryError: the grader took too much memory');
  if ('lateMs' in reply) {
    const message = `TimeoutError: the grader did not finish within ${reply.lateMs / 1000} s`;
    return flagged('python_grader_runtime_error', message, { isUnresponsive: true });
  }
  const message = 'fatal' in reply ? reply.fatal : 'the process answered out of turn';
  return flagged('python_grader_server_error', message, { isTransient: true });
}
