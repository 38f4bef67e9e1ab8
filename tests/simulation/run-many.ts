/** Plays a range of seeds on several processes. The result depends on the seeds alone, not on who played which. */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { SeedFailure } from './run-seed.js';
import type { Chunk, ChunkDone } from './sim-worker.js';
import { bundleWorker } from './worker-bundle.js';

export interface RunManyOptions {
  readonly from: number;
  readonly seeds: number;
  readonly workers: number;
  /** Ends the run after the chunks under way. */
  readonly signal?: AbortSignal;
  /** @param next The first seed that is not done, with all before it: where `from` may resume. */
  readonly onProgress?: (done: number, failures: readonly SeedFailure[], next: number) => void;
}

/** Few, so that no worker has long to wait for the last. */
const CHUNK_SEEDS = 5;
const WORKER = fileURLToPath(new URL('./sim-worker.ts', import.meta.url));

/** The failures, by seed. @throws Error when a worker dies. */
export async function runMany(options: RunManyOptions): Promise<SeedFailure[]> {
  const end = options.from + options.seeds;
  const failures: SeedFailure[] = [];
  const open = new Set<number>();
  let next = options.from;
  let done = 0;
  const take = (): Chunk | undefined => {
    if (next >= end || options.signal?.aborted) return undefined;
    const chunk = { from: next, count: Math.min(CHUNK_SEEDS, end - next) };
    open.add(chunk.from);
    next += chunk.count;
    return chunk;
  };
  const finish = (chunk: ChunkDone): void => {
    open.delete(chunk.from);
    done += chunk.count;
    failures.push(...chunk.failures);
    options.onProgress?.(done, chunk.failures, Math.min(next, ...open));
  };
  const bundle = await bundleWorker(WORKER);
  try {
    await Promise.all(Array.from({ length: options.workers }, () => work(bundle.file, take, finish)));
  } finally {
    bundle.remove();
  }
  return failures.sort((a, b) => a.seed - b.seed);
}

function work(file: string, take: () => Chunk | undefined, finish: (done: ChunkDone) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = fork(file, [], { execArgv: [] });
    let isOver = false;
    const feed = (): void => {
      const chunk = take();
      if (chunk) child.send(chunk);
      else {
        isOver = true;
        child.kill();
      }
    };
    child.on('message', (message) => {
      finish(message as ChunkDone);
      feed();
    });
    child.on('exit', (code, signal) =>
      isOver ? resolve() : reject(new Error(`a worker ended with ${code ?? signal}`)),
    );
    child.on('error', reject);
    feed();
  });
}
