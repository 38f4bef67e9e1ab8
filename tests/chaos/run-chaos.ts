/** One store: an undisturbed run for the expected weights, a tormented one, and the verdict. */
import { setTimeout as delay } from 'node:timers/promises';
import { join } from 'node:path';
import { type JobDocument, TERMINAL_STATES } from '@preheat/contracts';
import { CounterRandom } from '@preheat/ports';
import { officialClient, submit, TRAINING_SEEDS, uploadRows } from './jobs.js';
import { ChaosLedger } from './ledger.js';
import { type ChaosPlatform, ORPHAN_GRACE_MS, startPlatform } from './platform.js';
import { openStore, type StoreName } from './stores.js';
import { torment, type TormentCounts } from './torment.js';

export interface ChaosOptions {
  readonly seed: number;
  readonly jobs: number;
  /** How long processes are killed and stopped. */
  readonly tormentMs: number;
  /** Where the processes log. */
  readonly folder: string;
  readonly tell: (line: string) => void;
}

export interface ChaosReport extends TormentCounts {
  readonly store: StoreName;
  readonly ended: number;
  readonly starts: number;
  readonly redriven: number;
  /** Everything that should not be; empty when all held. */
  readonly wrong: readonly string[];
}

const LOOK_EVERY_MS = 1_000;
/** Once nothing is killed any more; the sweeper rings for a job that died often a quarter of an hour apart at most. */
const PATIENCE_MS = 20 * 60_000;
const COLLECT_PATIENCE_MS = 8 * ORPHAN_GRACE_MS;

/** Undefined when the store's server is not installed. */
export async function runChaos(name: StoreName, options: ChaosOptions): Promise<ChaosReport | undefined> {
  const expected = await straightWeights(options);
  const store = await openStore(name);
  if (!store) return undefined;
  const platform = await startPlatform(store, join(options.folder, name));
  const ledger = await ChaosLedger.open(store);
  try {
    const { ids, counts } = await tormented(platform, options);
    options.tell(`${name}: ${JSON.stringify(counts)}; nothing is killed any more`);
    const { jobs, redriven } = await untilEnded(ledger, ids);
    const wrong = await problems(ledger, jobs, expected, options.jobs);
    const starts = [platform.api, ...platform.runners].reduce((sum, process) => sum + process.starts, 0);
    return { store: name, ...counts, ended: jobs.length, starts, redriven, wrong };
  } finally {
    await platform.end();
    await ledger.close();
    await store.close();
  }
}

let known: Promise<Map<number, string>> | undefined;

/** Weights by seed, of jobs that nothing disturbed. The same on every store, so they are made once. */
function straightWeights({ folder, tell }: ChaosOptions): Promise<Map<number, string>> {
  known ??= (async () => {
    const store = await openStore('filesystem');
    if (!store) throw new Error('there is no file system');
    const platform = await startPlatform(store, join(folder, 'undisturbed'));
    const ledger = await ChaosLedger.open(store);
    try {
      const client = officialClient(platform.baseURL);
      const fileId = await uploadRows(client);
      const ids = await Promise.all(TRAINING_SEEDS.map((_, index) => submit(client, fileId, index)));
      const { jobs } = await untilEnded(ledger, ids);
      const weights = await Promise.all(jobs.map(async (job) => [job.seed, await ledger.weightsOf(job)] as const));
      tell(`undisturbed: ${weights.map(([seed, hash]) => `seed ${seed} ${hash.slice(0, 12)}`).join(', ')}`);
      return new Map(weights);
    } finally {
      await platform.end();
      await ledger.close();
      await store.close();
    }
  })();
  return known;
}

async function tormented(
  platform: ChaosPlatform,
  { seed, jobs, tormentMs }: ChaosOptions,
): Promise<{ ids: string[]; counts: TormentCounts }> {
  const stop = new AbortController();
  const client = officialClient(platform.baseURL);
  const fileId = await uploadRows(client);
  const tormenting = torment(platform, CounterRandom.fromSeed(seed), stop.signal);
  const deadline = delay(tormentMs);
  const ids: string[] = [];
  for (let index = 0; index < jobs; index++) {
    ids.push(await submit(client, fileId, index));
    await delay((0.5 * tormentMs) / jobs);
  }
  await deadline;
  stop.abort();
  return { ids, counts: await tormenting };
}

async function untilEnded(
  ledger: ChaosLedger,
  ids: readonly string[],
): Promise<{ jobs: JobDocument[]; redriven: number }> {
  let redriven = 0;
  for (let waitedMs = 0; ; waitedMs += LOOK_EVERY_MS) {
    redriven += await ledger.redrive();
    const jobs = await Promise.all(ids.map((id) => ledger.job(id)));
    const isOver = jobs.every(({ state }) => TERMINAL_STATES.has(state));
    if (isOver || waitedMs > PATIENCE_MS) return { jobs, redriven };
    await delay(LOOK_EVERY_MS);
  }
}

async function problems(
  ledger: ChaosLedger,
  jobs: readonly JobDocument[],
  expected: ReadonlyMap<number, string>,
  count: number,
): Promise<string[]> {
  const wrong: string[] = [];
  const listed = await ledger.jobCount();
  if (jobs.length !== count || listed !== count) wrong.push(`${count} submits made ${listed} jobs`);
  for (const job of jobs) {
    if (job.state !== 'succeeded') wrong.push(`${job.id} is ${job.state}: ${job.error?.message ?? 'no error'}`);
    else if ((await ledger.weightsOf(job)) !== expected.get(job.seed)) wrong.push(`${job.id} has other weights`);
    const steps = await ledger.loggedSteps(job);
    if (steps.some((step, i) => step !== i + 1)) wrong.push(`${job.id} logged the steps ${steps.join(' ')}`);
  }
  for (let waitedMs = 0; ; waitedMs += LOOK_EVERY_MS) {
    const orphans = await ledger.orphans();
    if (orphans.length === 0) return wrong;
    if (waitedMs > COLLECT_PATIENCE_MS) return [...wrong, ...orphans.map((key) => `nothing refers to ${key}`)];
    await delay(LOOK_EVERY_MS);
  }
}
