import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OutboundPoster } from './outbound-poster.js';
import { isPublicAddress } from './public-address.js';

const { signal } = new AbortController();
let server: Server;
let host: string;
let requests: { headers: Record<string, unknown>; body: string }[];

beforeAll(async () => {
  requests = [];
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      requests.push({ headers: request.headers, body });
      if (request.url === '/moved') response.writeHead(302, { location: '/score' }).end();
      else if (request.url === '/huge') response.end('x'.repeat(100_000));
      else if (request.url !== '/silent') response.end('{"score": 1}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

describe('private addresses', () => {
  it.each([
    'http://127.0.0.1/',
    'http://127.1/',
    'http://0x7f.0.0.1/',
    'http://2130706433/',
    'http://[::1]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::ffff:7f00:1]/',
    'http://[64:ff9b::7f00:1]/',
    'http://[2002:7f00:1::]/',
    'http://[fe80::1]/',
    'http://[fd00::1]/',
    'http://10.0.0.1/',
    'http://172.31.255.255/',
    'http://192.168.1.1/',
    'http://169.254.169.254/latest/meta-data/',
    'http://100.64.0.1/',
    'http://0.0.0.0/',
    'http://255.255.255.255/',
    'http://localhost/',
    'http://metadata.localhost./',
  ])('%s is refused before any call', async (url) => {
    const poster = new OutboundPoster();
    expect(poster.refusal(url)).toContain('private address');
    const result = await poster.post(url, '{}', {}, signal);
    expect(result).toMatchObject({ ok: false, flag: 'other_error' });
    expect(result).not.toMatchObject({ isTransient: true });
  });

  it.each(['8.8.8.8', '172.32.0.1', '2606:4700::1111'])('%s is public', (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });

  it.each([[['127.0.0.1']], [['8.8.8.8', '127.0.0.1']], [['::ffff:10.0.0.1']], [[]]])(
    'a name that leads to %j is refused by the connection itself',
    async (addresses) => {
      const poster = new OutboundPoster([], (_name, _options, found) =>
        found(
          null,
          addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
        ),
      );
      const before = requests.length;
      const result = await poster.post(`http://grader.example:${host.split(':')[1]}/score`, '{}', {}, signal);
      expect(result).toMatchObject({ ok: false, message: expect.stringContaining('private address') as string });
      expect(result).not.toMatchObject({ isTransient: true });
      expect(requests.length).toBe(before);
    },
  );
});

describe('an allowed host', () => {
  it('is posted to, with the headers of the grader', async () => {
    const poster = new OutboundPoster([host]);
    const result = await poster.post(`http://${host}/score`, '{"sample":{}}', { authorization: 'Bearer k' }, signal);
    expect(result).toEqual({ ok: true, value: { status: 200, body: '{"score": 1}' } });
    const { headers, body } = requests.at(-1) ?? {};
    expect([body, headers?.['authorization'], headers?.['content-type']]).toEqual([
      '{"sample":{}}',
      'Bearer k',
      'application/json',
    ]);
  });

  it('on another port is another host', async () => {
    expect(new OutboundPoster([host]).refusal('http://127.0.0.1:1/')).toContain('private address');
  });

  it('is not followed to where it redirects', async () => {
    expect(await new OutboundPoster([host]).post(`http://${host}/moved`, '{}', {}, signal)).toMatchObject({
      value: { status: 302 },
    });
  });

  it('with an endless answer is cut off', async () => {
    const result = await new OutboundPoster([host]).post(`http://${host}/huge`, '{}', {}, signal);
    expect(result).toMatchObject({
      ok: false,
      isTransient: true,
      message: expect.stringContaining('more than 65536') as string,
    });
  });

  it('that is silent is left when the signal aborts', async () => {
    const patience = new AbortController();
    const posting = new OutboundPoster([host]).post(`http://${host}/silent`, '{}', {}, patience.signal);
    setImmediate(() => patience.abort(new Error('enough')));
    await expect(posting).rejects.toThrow('enough');
  });
});
