import { JsonLog } from '@preheat/adapters/system';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { imagePullMs } from './image-pull.js';

let agent: Server | undefined;
afterEach(() => agent?.close());

const lines: string[] = [];
const log = JsonLog.open({ level: 'warn', write: (line) => void lines.push(line) });

/** The agent's endpoint in a container. */
async function answering(body: string, status = 200): Promise<string> {
  agent = createServer((request, response) => {
    response.statusCode = request.url === '/v4/abc/task' ? status : 404;
    response.end(body);
  });
  await new Promise<void>((resolve) => agent?.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(agent?.address() as AddressInfo).port}/v4/abc`;
}

it('is what the agent says', async () => {
  const pulled = {
    PullStartedAt: '2026-01-01T10:00:00.250Z',
    PullStoppedAt: '2026-01-01T10:01:30.750999Z',
    Family: 'x',
  };
  expect(await imagePullMs(await answering(JSON.stringify(pulled)), log)).toBe(90_500);
});

it.each([
  ['outside ECS', undefined, 200],
  ['when the image was there', '{"Family":"x"}', 200],
  ['when the agent refuses', '{}', 500],
  ['when it answers something else', 'no JSON', 200],
])('is not known %s', async (_, body, status) => {
  expect(await imagePullMs(body === undefined ? undefined : await answering(body, status), log)).toBeNull();
});
