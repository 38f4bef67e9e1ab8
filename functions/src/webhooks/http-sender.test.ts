import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { httpSender, refusalOf } from './http-sender.js';
import { isPublicAddress } from '@preheat/graders/public-lookup';

let server: Server;
let port = 0;
const seen: string[] = [];
beforeAll(async () => {
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      seen.push(`${request.method} ${request.url} ${request.headers['webhook-id']} ${body}`);
      if (request.url === '/moved') response.writeHead(302, { location: '/taken' });
      else response.writeHead(202);
      response.end('ignored');
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  port = (server.address() as AddressInfo).port;
});
afterAll(() => server.close());

const delivery = (url: string) => ({ url, headers: { 'webhook-id': 'evt_1' }, body: '{"a":1}' });

describe('deliveries over HTTP', () => {
  it('post the body and report the status, redirects included', async () => {
    const send = httpSender('any');
    const base = `http://127.0.0.1:${port}`;
    expect(await send(delivery(`${base}/taken`))).toEqual({ kind: 'answered', status: 202 });
    expect(await send(delivery(`${base}/moved`))).toEqual({ kind: 'answered', status: 302 });
    expect(seen).toEqual(['POST /taken evt_1 {"a":1}', 'POST /moved evt_1 {"a":1}']);
    expect(await send(delivery('http://127.0.0.1:1/'))).toMatchObject({ kind: 'failed' });
  });

  it('never reach this machine or a private network where targets must be public', async () => {
    const send = httpSender('public');
    const urls = [`http://127.0.0.1:${port}/`, 'https://127.0.0.1/', 'https://[::1]/', `https://localhost:${port}/`];
    for (const url of [...urls, 'https://169.254.169.254/latest', 'https://2130706433/', 'https://0x7f.1/']) {
      expect(await send(delivery(url)), url).toMatchObject({ kind: 'failed' });
    }
    expect(seen).toHaveLength(2);
    expect(refusalOf('https://hooks.example.com/x')).toBeUndefined();
  });
});

it('knows public addresses', () => {
  const PUBLIC = ['8.8.8.8', '172.32.0.1', '2606:4700::1111'];
  const PRIVATE = ['10.1.2.3', '172.16.0.1', '192.168.1.1', '100.64.0.1', '169.254.169.254', '0.0.0.0', '224.0.0.1'];
  const PRIVATE_V6 = [
    '::1',
    '::',
    'fe80::1',
    'fd00::1',
    '::ffff:10.0.0.1',
    '::ffff:8.8.8.8',
    '2002:a00:1::',
    '64:ff9b::a00:1',
  ];
  expect(PUBLIC.filter(isPublicAddress)).toEqual(PUBLIC);
  expect([...PRIVATE, ...PRIVATE_V6].filter(isPublicAddress)).toEqual([]);
});
