/** What single requests cost while so many jobs exist: latency, and operations on the store for each. */
import { COUNTED, type Counts } from './counted-store.js';
import { call, type Timed } from './http-client.js';
import type { MeasuredServer } from './measured-server.js';
import { type Latency, latencyOf } from './percentiles.js';

export interface OperationCost extends Latency {
  readonly operation: string;
  /** On the store, for one request. */
  readonly storeOperations: number;
}

interface Created {
  readonly id: string;
}

const REPEATS = 60;
const WARM_UP = 5;

export async function measureOperations(server: MeasuredServer, file: string): Promise<OperationCost[]> {
  const jobs = `${server.api}/v1/fine_tuning/jobs`;
  const ids: string[] = [];
  const submit = async (): Promise<Timed> => {
    const created = await submitJob(server, file);
    ids.push(created.value.id);
    return created;
  };
  const each = (request: (id: string) => Promise<Timed>) => (index: number) => request(ids[index % ids.length] ?? '');
  return [
    await costOf(server, 'submit a job', submit),
    await costOf(
      server,
      'retrieve a job',
      each((id) => call(`${jobs}/${id}`)),
    ),
    await costOf(server, 'list 20 jobs', () => call(`${jobs}?limit=20`)),
    await costOf(
      server,
      'list the events of a job',
      each((id) => call(`${jobs}/${id}/events`)),
    ),
    await costOf(
      server,
      'cancel a job',
      each((id) => call(`${jobs}/${id}/cancel`, 'POST')),
    ),
  ];
}

let seed = 0;

/** Every body is another, as those of different users are. */
export const jobRequest = (file: string): object => ({ model: 'preheat-1m', training_file: file, seed: seed++ });

export function submitJob(server: MeasuredServer, file: string): Promise<Timed<Created>> {
  return call<Created>(`${server.api}/v1/fine_tuning/jobs`, 'POST', jobRequest(file));
}

async function costOf(
  server: MeasuredServer,
  operation: string,
  request: (index: number) => Promise<Timed>,
): Promise<OperationCost> {
  for (let index = 0; index < WARM_UP; index++) await request(index);
  const before = await server.ask({ ask: 'state' });
  const samplesMs: number[] = [];
  for (let index = 0; index < REPEATS; index++) samplesMs.push((await request(WARM_UP + index)).ms);
  const after = await server.ask({ ask: 'state' });
  return { operation, ...latencyOf(samplesMs), storeOperations: total(before.counts, after.counts) / REPEATS };
}

export const total = (before: Counts, after: Counts): number =>
  COUNTED.reduce((sum, name) => sum + after[name] - before[name], 0);
