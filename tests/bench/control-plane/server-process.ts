/**
 * A server to be measured, as a process of its own that answers questions about itself: the API over a counted store, and a
 * bare Fastify route that writes an object of the same size to the same store.
 */
import { CONNECTION_BACKLOG, openApi, openParts, sweep } from '@preheat/functions';
import Fastify from 'fastify';
import { countOperations, type Counts } from './counted-store.js';
import { fillJobs } from './fill-jobs.js';

export type Question =
  | { readonly ask: 'state' }
  | { readonly ask: 'sweep' }
  | { readonly ask: 'fill'; readonly jobs: number };

export interface Answer {
  readonly counts: Counts;
  readonly rssMiB: number;
  readonly tookMs: number;
}

const RING_AFTER_MS = 900_000;

const parts = await openParts(process.env, 'bench', { workers: 0 });
const counts = countOperations(parts.store);
const app = await openApi(process.env, parts);
const bare = Fastify();
let written = 0;
bare.post('/object', async (request) => {
  const body = Buffer.from(JSON.stringify(request.body));
  await parts.store.put(`bare/${process.pid}-${written++}`, body);
  return request.body;
});
const urls = {
  api: await app.listen({ host: '127.0.0.1', port: 0, backlog: CONNECTION_BACKLOG }),
  bare: await bare.listen({ host: '127.0.0.1', port: 0 }),
};

async function act(question: Question): Promise<void> {
  if (question.ask === 'sweep') await sweep(parts, { ringAfterMs: RING_AFTER_MS });
  if (question.ask === 'fill') await fillJobs(parts, question.jobs);
}

process.on('message', (question: Question) => {
  const startMs = performance.now();
  void act(question).then(() => {
    global.gc?.();
    const answer: Answer = {
      counts: counts(),
      rssMiB: process.memoryUsage.rss() / 2 ** 20,
      tookMs: performance.now() - startMs,
    };
    process.send?.(answer);
  });
});
process.on('disconnect', () => process.exit(0));
process.send?.(urls);
