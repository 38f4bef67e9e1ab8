/** What the server bears: pick-up by a runner, requests a second beside a bare route, and open event streams. */
import { setTimeout as delay } from 'node:timers/promises';
import { call, openStream, send } from './http-client.js';
import { submitJob, total } from './measure-operations.js';
import type { MeasuredRunner } from './measured-runner.js';
import type { MeasuredServer } from './measured-server.js';
import { type Latency, latencyOf } from './percentiles.js';

const PICK_UPS = 20;
const CLIENTS = 8;
const RATE_MS = 4_000;
const STREAMED_JOBS = 20;
const SUBMITS = 60;
const IDLE_MS = 4_000;
const MESSAGES = 60;

/** From sending the request to holding the lease of its job. */
export async function measurePickUp(server: MeasuredServer, runner: MeasuredRunner, file: string): Promise<Latency> {
  await runner.drain();
  const samplesMs: number[] = [];
  for (let i = 0; i < PICK_UPS; i++) {
    const startMs = performance.now();
    const taken = runner.takeNext();
    const { value } = await submitJob(server, file);
    if ((await taken) !== value.id) throw new Error('another job was taken');
    samplesMs.push(performance.now() - startMs);
  }
  return latencyOf(samplesMs);
}

export interface Rates {
  readonly submitsPerSecond: number;
  /** Of a Fastify route that writes an object of the same size to the same store, and does nothing else. */
  readonly barePerSecond: number;
}

/** The bare route before and after, because the machine may change in between. */
export async function measureRates(server: MeasuredServer, file: string): Promise<Rates> {
  const { value: job } = await submitJob(server, file);
  const bare = () => call(`${server.bare}/object`, 'POST', job);
  const before = await rateOf(bare);
  const submitsPerSecond = await rateOf(() => submitJob(server, file));
  const after = await rateOf(bare);
  return { submitsPerSecond, barePerSecond: (before + after) / 2 };
}

async function rateOf(request: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  let done = 0;
  const client = async (): Promise<void> => {
    while (performance.now() - startMs < RATE_MS) {
      await request();
      done++;
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  return done / ((performance.now() - startMs) / 1000);
}

export interface StreamLoad {
  readonly submit: Latency;
  readonly storeOperationsPerSecond: number;
  /** Memory of the process with the streams, and before there were any. */
  readonly rssMiB: number;
  readonly rssBeforeMiB: number;
}

export async function measureStreams(server: MeasuredServer, file: string, streams: number): Promise<StreamLoad> {
  const jobs: string[] = [];
  for (let i = 0; i < STREAMED_JOBS; i++) jobs.push((await submitJob(server, file)).value.id);
  const { rssMiB: rssBeforeMiB } = await server.ask({ ask: 'state' });
  const urls = Array.from({ length: streams }, (_, i) => jobs[i % jobs.length] ?? '');
  const open = await Promise.all(
    urls.map((id) => openStream(`${server.api}/v1/fine_tuning/jobs/${id}/events?stream=true`)),
  );
  const before = await server.ask({ ask: 'state' });
  await delay(IDLE_MS);
  const after = await server.ask({ ask: 'state' });
  const samplesMs: number[] = [];
  for (let i = 0; i < SUBMITS; i++) samplesMs.push((await submitJob(server, file)).ms);
  for (const stream of open) stream.destroy();
  const storeOperationsPerSecond = total(before.counts, after.counts) / (IDLE_MS / 1000);
  return { submit: latencyOf(samplesMs), storeOperationsPerSecond, rssMiB: after.rssMiB, rssBeforeMiB };
}

/** Receiving and deleting the next message of a queue that holds as many. */
export async function measureDeepQueue(runner: MeasuredRunner, messages: number): Promise<Latency> {
  await runner.ring(messages);
  const samplesMs: number[] = [];
  for (let i = 0; i < MESSAGES; i++) {
    const startMs = performance.now();
    await runner.takeMessage();
    samplesMs.push(performance.now() - startMs);
  }
  return latencyOf(samplesMs);
}

const BOUNDARY = 'bench-boundary';

/** A small training file of the project; its id. */
export async function uploadRows(server: MeasuredServer): Promise<string> {
  const messages = [
    { role: 'user', content: 'cat' },
    { role: 'assistant', content: 'K AE T' },
  ];
  const rows = `${JSON.stringify({ messages })}\n`.repeat(10);
  const part = (head: string, content: string) =>
    `--${BOUNDARY}\r\ncontent-disposition: form-data; ${head}\r\n\r\n${content}\r\n`;
  const body = `${part('name="purpose"', 'fine-tune')}${part('name="file"; filename="rows.jsonl"', rows)}--${BOUNDARY}--\r\n`;
  const headers = { 'content-type': `multipart/form-data; boundary=${BOUNDARY}` };
  return (await send<{ id: string }>(`${server.api}/v1/files`, 'POST', headers, body)).value.id;
}
