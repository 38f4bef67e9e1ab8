/** cosine, from the grader to a real endpoint that embeds texts as counts of two letters. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { VirtualClock } from '@preheat/ports';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compileGrader } from '../compile-grader.js';
import { proveGrader } from '../compiled-grader.js';
import { GraderPool } from '../grader-pool.js';
import { HttpEmbedder } from './http-embedder.js';

const { signal } = new AbortController();
const compiled = compileGrader({
  type: 'text_similarity',
  name: 'c',
  input: '{{ sample.output_text }}',
  reference: '{{ item.r }}',
  evaluation_metric: 'cosine',
});
if (!compiled.ok) throw new Error('cosine must compile');
const grader = compiled.value;

let server: Server;
let embedder: HttpEmbedder;

beforeAll(async () => {
  const count = (text: string, letter: string) => text.split(letter).length - 1;
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const { input } = JSON.parse(body) as { input: string[] };
      const data = input.map((text, index) => ({ index, embedding: [count(text, 'a'), count(text, 'b')] }));
      response.end(JSON.stringify({ data: data.reverse() }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  embedder = new HttpEmbedder({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, model: 'm' });
});
afterAll(() => server.close());

describe('cosine', () => {
  it.each([
    ['aab', 'aab', 1],
    ['a', 'b', 0],
    ['ab', 'a', Math.SQRT1_2],
  ])('%s ~ %s', async (output_text, r, expected) => {
    const pool = new GraderPool({ services: { embedder }, clock: new VirtualClock(0) });
    const result = await pool.grade(grader, { sample: { output_text }, item: { r } }, { projectId: 'p', signal });
    expect([result.isFlagged, result.reward]).toEqual([false, expect.closeTo(expected, 12)]);
  });

  it('is refused where no endpoint is configured', async () => {
    const problems = await proveGrader(grader, { services: {}, projectId: 'p', path: 'grader', signal });
    expect(problems[0]?.path).toBe('grader.evaluation_metric');
    expect(await proveGrader(grader, { services: { embedder }, projectId: 'p', signal })).toEqual([]);
  });
});
