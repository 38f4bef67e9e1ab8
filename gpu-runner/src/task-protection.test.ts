import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { JsonLog } from '@preheat/adapters/system';
import { expect, it } from 'vitest';
import { taskProtection } from './task-protection.js';

it('asks the agent of its task, and only warns when that fails', async () => {
  const requests: unknown[] = [];
  let status = 200;
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on('end', () => {
      requests.push([request.method, request.url, JSON.parse(body)]);
      response.writeHead(status).end('{}');
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const lines: string[] = [];
  const log = JsonLog.open({ write: (line) => lines.push(line) });
  const protection = taskProtection(`http://127.0.0.1:${(server.address() as AddressInfo).port}/api/task`, log);
  await protection.set(true);
  await protection.set(false);
  expect(requests).toEqual([
    ['PUT', '/api/task/task-protection/v1/state', { ProtectionEnabled: true, ExpiresInMinutes: 2880 }],
    ['PUT', '/api/task/task-protection/v1/state', { ProtectionEnabled: false }],
  ]);
  expect(lines).toEqual([]);
  status = 500;
  await protection.set(true);
  server.close();
  server.closeAllConnections();
  await protection.set(true);
  expect(lines).toHaveLength(2);
});
