import { expect, it } from 'vitest';
import { FuzzTarget } from './fuzz-target.js';
import { readDocument } from './operations.js';
import { regressions } from './regressions.js';
import { faultOf, runFuzz } from './run-fuzz.js';

const document = readDocument();
const REQUESTS = 600;

it(`answers ${REQUESTS} requests made of the OpenAPI document without a 5xx`, { timeout: 240_000 }, async () => {
  const report = await runFuzz({ document, requests: REQUESTS, seed: 1 });
  expect(report.faults).toEqual([]);
  // Requests that all fail validation would find nothing.
  const taken = [...report.statuses].filter(([status]) => status < 300).reduce((sum, [, count]) => sum + count, 0);
  expect(taken).toBeGreaterThan(REQUESTS / 8);
});

it('answers every request that once found a fault', async () => {
  const target = await FuzzTarget.start();
  try {
    for (const request of regressions()) {
      const answer = await target.send(request);
      expect([request, answer && faultOf(request, answer)]).toEqual([request, undefined]);
    }
  } finally {
    await target.stop();
  }
});

it('knows a fault when it sees one', () => {
  const request = { method: 'GET', path: '/v1/files', headers: {} };
  const answer = { status: 500, cause: 'bug', contentType: 'application/json', text: '' };
  expect(faultOf(request, answer)).toContain('bug');
  expect(faultOf(request, { ...answer, status: 404, text: '{"error":{"message":"x"}}' })).toContain("not the wire's");
  expect(faultOf(request, { ...answer, status: 404, contentType: 'text/plain', text: 'no' })).toContain(
    "not the wire's",
  );
  expect(faultOf(request, { ...answer, status: 200 })).toBeUndefined();
});
