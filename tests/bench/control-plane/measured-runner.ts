/** The runner's side of a submit: waits at the queue, and takes the lease of the job that a message names. */
import { openPlatform, type Platform } from '@preheat/adapters/platform';
import { readSettings, StoreSettings } from '@preheat/contracts';
import { JobStore, LeasedJob } from '@preheat/jobs';

const WAIT_MS = 5_000;
const VISIBILITY_MS = 60_000;
const LEASE_TTL_MS = 60_000;
const AT_ONCE = 16;

export class MeasuredRunner {
  readonly #platform: Platform;
  readonly #jobs: JobStore;

  private constructor(platform: Platform) {
    this.#platform = platform;
    this.#jobs = new JobStore({ ...platform, queue: platform.jobQueue });
  }

  static async open(store: Readonly<Record<string, string>>): Promise<MeasuredRunner> {
    return new MeasuredRunner(await openPlatform(readSettings(StoreSettings, store), 'bench-runner'));
  }

  /** Takes messages until one is of a job that can be run; the id of that job. */
  async takeNext(): Promise<string> {
    const { jobQueue, store, clock } = this.#platform;
    for (;;) {
      const [delivery] = await jobQueue.receive({
        maxMessages: 1,
        waitMs: WAIT_MS,
        visibilityTimeoutMs: VISIBILITY_MS,
      });
      if (!delivery) throw new Error('no message came');
      const { jobId } = delivery.message as { jobId: string };
      const leased = await LeasedJob.acquire({ jobs: this.#jobs, store, clock }, jobId, 'bench-runner', LEASE_TTL_MS);
      await jobQueue.delete(delivery.receipt);
      if (leased) return jobId;
    }
  }

  /** Takes away all messages, so that the next one is news. */
  async drain(): Promise<void> {
    const { jobQueue } = this.#platform;
    for (;;) {
      const found = await jobQueue.receive({ maxMessages: 10, waitMs: 0, visibilityTimeoutMs: VISIBILITY_MS });
      if (found.length === 0) return;
      await Promise.all(found.map(({ receipt }) => jobQueue.delete(receipt)));
    }
  }

  async takeMessage(): Promise<void> {
    const { jobQueue } = this.#platform;
    const [delivery] = await jobQueue.receive({ maxMessages: 1, waitMs: WAIT_MS, visibilityTimeoutMs: VISIBILITY_MS });
    if (!delivery) throw new Error('no message came');
    await jobQueue.delete(delivery.receipt);
  }

  async ring(messages: number): Promise<void> {
    let left = messages;
    const lane = async (): Promise<void> => {
      while (left-- > 0) await this.#platform.jobQueue.send({ kind: 'job', jobId: 'ftjob-bench' });
    };
    await Promise.all(Array.from({ length: AT_ONCE }, lane));
  }

  close(): Promise<void> {
    return this.#platform.close();
  }
}
