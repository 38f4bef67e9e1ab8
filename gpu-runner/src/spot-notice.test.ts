import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { JsonLog, systemClock } from '@preheat/adapters/system';
import { VirtualClock } from '@preheat/ports';
import { afterEach, describe, expect, it } from 'vitest';
import { watchSpotNotice } from './spot-notice.js';

const log = JsonLog.open({ level: 'error', write: () => undefined });
let server: Server | undefined;
afterEach(() => server?.close());

/** A metadata service as EC2 has it: a token first, then 404 until there is a notice. */
async function metadata(notices: readonly (object | null)[]): Promise<string> {
  let asked = 0;
  server = createServer((request, response) => {
    if (request.method === 'PUT' && request.url === '/latest/api/token') return response.end('secret');
    const isAllowed = request.headers['x-aws-ec2-metadata-token'] === 'secret';
    const notice = notices[Math.min(asked++, notices.length - 1)];
    response.statusCode = !isAllowed ? 401 : notice ? 200 : 404;
    return response.end(JSON.stringify(notice));
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('a spot notice', () => {
  it('makes the runner leave, with what was announced', async () => {
    const url = await metadata([{ action: 'terminate', time: '2026-01-01T00:02:00Z' }]);
    const told: string[] = [];
    const { signal } = new AbortController();
    await watchSpotNotice({ url, clock: systemClock, log, signal }, (notice) => told.push(notice));
    expect(told).toEqual(['terminate at 2026-01-01T00:02:00Z']);
  });

  it('is waited for without a service, and the watch ends with the process', async () => {
    const clock = new VirtualClock();
    const stop = new AbortController();
    const watching = watchSpotNotice({ url: 'http://127.0.0.1:9', clock, log, signal: stop.signal }, () => {
      throw new Error('nothing was announced');
    });
    stop.abort();
    await watching;
  });
});
