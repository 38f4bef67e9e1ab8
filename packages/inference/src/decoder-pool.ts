/**
 * A decoder over worker threads, each with its own session: the fastest way to generate on several cores, because
 * small models do not split over threads but rows do. It never blocks the event loop. Rows are the same as those of a
 * `DecoderSession`, whichever thread decodes them.
 */
import { assertDecoderTensors, type TensorMap } from '@preheat/checkpoints';
import type { DecoderConfig } from '@preheat/contracts';
import { type DecoderOptions, DecoderSession } from './decoder-session.js';
import { WorkerRunner } from './worker-runner.js';

/** More threads than this are a mistake in a setting, not a machine. */
const MAX_WORKERS = 256;

export interface DecoderPoolOptions extends DecoderOptions {
  /** Worker threads, usually the number of cores. Default 1, which serves without blocking. */
  readonly workers?: number;
  /** The first of them, which was started ahead with the same settings; the pool closes it, also where none is made. */
  readonly threadAhead?: WorkerRunner | undefined;
}

export class DecoderPool extends DecoderSession {
  /**
   * @throws TensorMismatchError when the tensors do not fit the config, RangeError for a bad number of workers.
   */
  static override async create(
    config: DecoderConfig,
    tensors: TensorMap,
    { workers = 1, threadAhead, threads = 1, provider = 'cpu', policyVersion = 0, ...caches }: DecoderPoolOptions = {},
  ): Promise<DecoderPool> {
    try {
      checkWorkers(workers);
      assertDecoderTensors(config, tensors);
    } catch (error) {
      await threadAhead?.close();
      throw error;
    }
    const started = threadAhead?.isUsable ? [threadAhead] : [];
    const others = Array.from({ length: workers - started.length }, () => new WorkerRunner(threads, provider));
    const runners = [...started, ...others];
    return new DecoderPool(config, tensors, policyVersion, runners, caches);
  }
}

function checkWorkers(workers: number): void {
  if (Number.isInteger(workers) && workers >= 1 && workers <= MAX_WORKERS) return;
  throw new RangeError(`workers must be an integer from 1 to ${MAX_WORKERS}, got ${workers}`);
}
