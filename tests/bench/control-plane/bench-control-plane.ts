/** `npm run bench:control-plane -- --help`: what the API costs with thousands of queued jobs and hundreds of open streams. */
import { availableParallelism, cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { openStore, STORE_NAMES, type StoreName } from '../../chaos/stores.js';
import { fillBlock } from '../replace-block.js';
import { loadReport, type LoadMeasurement, type LoadPoint } from './load-report.js';
import { measureDeepQueue, measurePickUp, measureRates, measureStreams, uploadRows } from './measure-load.js';
import { measureOperations, total } from './measure-operations.js';
import { measureOverload } from './measure-overload.js';
import { MeasuredRunner } from './measured-runner.js';
import { MeasuredServer } from './measured-server.js';

const HELP = `npm run bench:control-plane [-- options]: latency, store operations and memory of the API under load.

  --store NAME   ${STORE_NAMES.join(', ')} (filesystem)
  --jobs N,N,..  how many jobs there are at each point (100,1000,10000)
  --streams N    open event streams (200)
  --messages N   in the queue at the end (10000)
  --write-docs   replace the figures of this store in docs/reliability.md`;

const { values } = parseArgs({
  options: {
    help: { type: 'boolean', default: false },
    store: { type: 'string', default: 'filesystem' },
    jobs: { type: 'string', default: '100,1000,10000' },
    streams: { type: 'string', default: '200' },
    messages: { type: 'string', default: '10000' },
    'write-docs': { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(HELP);
  process.exit(0);
}
const name = values.store as StoreName;
const report = loadReport(await measure(name));
console.log(report);
if (values['write-docs']) fillBlock('reliability.md', `bench:control-plane ${name}`, report);
process.exit(0);

async function measure(storeName: StoreName): Promise<LoadMeasurement> {
  const store = await openStore(storeName);
  if (!store) throw new Error(`the store ${storeName} needs moto_server on the PATH, or PREHEAT_MOTO_SERVER`);
  const env = { ...store.env, PREHEAT_REQUESTS_PER_MINUTE: '1000000', PREHEAT_LOG_LEVEL: 'error' };
  const server = await MeasuredServer.start(env);
  const runner = await MeasuredRunner.open(env);
  try {
    const file = await uploadRows(server);
    const points: LoadPoint[] = [];
    for (const jobs of values.jobs.split(',').map(Number)) {
      const filled = await server.ask({ ask: 'fill', jobs: jobs - (points.at(-1)?.jobs ?? 0) });
      console.error(`${jobs} jobs after ${Math.round(filled.tookMs / 1000)} s`);
      points.push({ jobs, ...(await measurePoint(server, runner, file)) });
    }
    const rates = await measureRates(server, file);
    const overload = await measureOverload(server, file, rates.submitsPerSecond);
    const openStreams = Number(values.streams);
    const streams = await measureStreams(server, file, openStreams);
    const messages = Number(values.messages);
    const deepQueue = await measureDeepQueue(runner, messages);
    const machine = `${cpus()[0]?.model ?? 'unknown CPU'}, ${availableParallelism()} cores, Node ${process.version}.`;
    return { store: storeName, machine, points, rates, overload, streams, openStreams, deepQueue, messages };
  } finally {
    await server.stop();
    await runner.close();
    await store.close();
  }
}

async function measurePoint(
  server: MeasuredServer,
  runner: MeasuredRunner,
  file: string,
): Promise<Omit<LoadPoint, 'jobs'>> {
  const operations = await measureOperations(server, file);
  const pickUp = await measurePickUp(server, runner, file);
  const before = await server.ask({ ask: 'state' });
  const swept = await server.ask({ ask: 'sweep' });
  const sweepOperations = total(before.counts, swept.counts);
  return { operations, pickUp, sweepMs: swept.tookMs, sweepOperations, rssMiB: swept.rssMiB };
}
