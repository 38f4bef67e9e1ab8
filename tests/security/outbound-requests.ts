/**
 * Whoever serves strangers is not made to call its own network: every field that takes an address, with every way to write one,
 * and listeners on this machine that must hear nothing, not even a connection: whatever it carries, an address was called.
 */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jsonl, RL_ROWS } from '../../functions/src/test-kit/rows.js';
import { readDocument } from '../fuzz/operations.js';
import { errorOf, idOf, type Target } from './target.js';

/** Request fields of the document whose names say that they take an address. Graders are no schema there, and are tried below. */
const ADDRESS_FIELDS = ['post /v1/webhook_endpoints url', 'post /v1/webhook_endpoints/{webhook_endpoint_id} url'];

/** Why an address is no target, as graders and webhooks tell it. */
const REFUSED_GRADER = /is a private address|must not hold a user name/;
const REFUSED_TARGET = /is not a public address|has a private address/;

/** Of this machine, as far as it has them: `[::1]` is heard on a listener of its own. */
const LOOPBACKS = ['127.0.0.1', '::1'].filter((loopback) =>
  Object.values(networkInterfaces()).some((own) => own?.some(({ address }) => address === loopback)),
);

export function outboundRequests(target: () => Target): void {
  const servers: Server[] = [];
  let port = 0;
  /** The listener of each connection. */
  const heard: string[] = [];
  beforeAll(async () => {
    for (const loopback of LOOPBACKS) {
      const server = createServer((_, response) => response.end('{"score":1}'));
      server.on('connection', () => heard.push(loopback));
      servers.push(server.listen(port, loopback));
      await once(server, 'listening');
      port = (server.address() as AddressInfo).port;
    }
  });
  afterAll(() => {
    for (const server of servers) server.close();
  });

  const hosts = [
    '127.0.0.1',
    'localhost',
    '127.1',
    '2130706433',
    '0x7f.0.0.1',
    '0177.0.0.1',
    '0.0.0.0',
    '[::1]',
    '[::ffff:127.0.0.1]',
  ];
  const addresses = (scheme = 'http'): string[] => [
    ...hosts.map((host) => `${scheme}://${host}:${port}/score`),
    `${scheme}://user:password@127.0.0.1:${port}/score`,
    `${scheme}://169.254.169.254/latest/meta-data/`,
  ];

  describe('an address in this network', () => {
    it('can be named in these fields and in http graders alone', () => {
      expect(addressFields()).toEqual(ADDRESS_FIELDS);
    });

    it('is refused in a grader, wherever there is one', async () => {
      const training_file = idOf(await target().upload(jsonl(RL_ROWS)));
      for (const url of addresses()) {
        const grader = { type: 'http', name: 'h', url };
        const method = { type: 'reinforcement', reinforcement: { grader } };
        const job = { model: 'preheat-1m', training_file, method };
        const multi = { type: 'multi', name: 'm', graders: { h: grader }, calculate_output: 'h' };
        const evaluation = { data_source_config: { type: 'custom', item_schema: {} }, testing_criteria: [grader] };
        for (const [path, json] of [
          ['/v1/fine_tuning/alpha/graders/run', { grader, model_sample: 'x' }],
          ['/v1/fine_tuning/alpha/graders/run', { grader: multi, model_sample: 'x' }],
          ['/v1/fine_tuning/alpha/graders/validate', { grader }],
          ['/v1/fine_tuning/jobs', job],
          ['/v1/x/preflight', job],
          ['/v1/evals', evaluation],
        ] as const) {
          const answer = await target().send('POST', path, { json });
          expect([path, url, answer.status]).toEqual([path, url, 400]);
          expect(errorOf(answer)['param']).toMatch(/url$/);
          expect(errorOf(answer)['message']).toMatch(REFUSED_GRADER);
        }
      }
      expect(heard).toEqual([]);
    });

    it('is told to be private where it is written as a number', async () => {
      for (const url of [`http://127.0.0.1:${port}/score`, `http://2130706433:${port}/score`]) {
        const json = { grader: { type: 'http', name: 'h', url }, model_sample: 'x' };
        const answer = await target().send('POST', '/v1/fine_tuning/alpha/graders/run', { json });
        expect([answer.status, errorOf(answer)['param']]).toEqual([400, 'grader.url']);
        expect(errorOf(answer)['message']).toMatch(/private/);
      }
    });

    it.each([
      ['http', /only https/],
      ['https', REFUSED_TARGET],
    ])('gets no webhook over %s', async (scheme, reason) => {
      const event_types = ['fine_tuning.job.succeeded'];
      for (const url of addresses(scheme)) {
        const answer = await target().send('POST', '/v1/webhook_endpoints', { json: { name: 'h', url, event_types } });
        const path = `/v1/webhook_endpoints/${idOf(answer)}`;
        const tested = await target().send('POST', `${path}/test`, { json: { event_type: event_types[0] } });
        expect([url, errorOf(tested)['code']]).toEqual([url, 'webhook_unreachable']);
        expect(errorOf(tested)['message']).toMatch(reason);
        const moved = await target().send('POST', path, { json: { url: `${scheme}://localhost:${port}/moved` } });
        expect(moved.status).toBe(200);
        const again = await target().send('POST', `${path}/test`, { json: { event_type: event_types[0] } });
        expect(errorOf(again)['message']).toMatch(reason);
        await target().send('DELETE', path);
      }
      expect(heard).toEqual([]);
    });

    it('is not fetched because a schema, a message or a template mentions it', async () => {
      const url = `http://127.0.0.1:${port}/schema`;
      const schema = { $schema: url, $id: url, $ref: url, type: 'object', properties: { a: { $ref: `${url}#/a` } } };
      const image = [{ role: 'user', content: [{ type: 'image_url', image_url: { url } }] }];
      const messages = [{ role: 'user', content: `<img src="${url}">` }];
      const response_format = { type: 'json_schema', json_schema: { name: 's', schema } };
      for (const [path, json] of [
        ['/v1/chat/completions', { model: 'preheat-1m', messages: image, max_tokens: 2 }],
        ['/v1/chat/completions', { model: 'preheat-1m', messages, max_tokens: 2, response_format }],
        ['/v1/evals', { data_source_config: { type: 'custom', item_schema: schema }, testing_criteria: [] }],
      ] as const) {
        expect((await target().send('POST', path, { json })).status).toBeLessThan(500);
      }
      expect(heard).toEqual([]);
    });

    it.each(['http', 'https'])('would have been heard over %s', async (scheme) => {
      for (const loopback of LOOPBACKS) {
        const host = loopback.includes(':') ? `[${loopback}]` : loopback;
        // Over https nobody answers, as nobody does to a request that must not be sent.
        await fetch(`${scheme}://${host}:${port}/score`).catch(() => undefined);
      }
      expect(heard.splice(0)).toEqual(LOOPBACKS);
    });
  });
}

type Schema = { readonly $ref?: string; readonly properties?: Readonly<Record<string, Schema>> } & Record<
  string,
  unknown
>;

/** Every property of a request whose name ends in an address, through references. */
function addressFields(): string[] {
  const found = new Set<string>();
  const { paths, components } = readDocument();
  const schemas = components.schemas as unknown as Record<string, Schema>;
  const walk = (node: unknown, operation: string, seen: readonly string[]): void => {
    if (typeof node !== 'object' || node === null) return;
    const { $ref, properties = {} } = node as Schema;
    if ($ref !== undefined && !seen.includes($ref))
      walk(schemas[$ref.split('/').at(-1) ?? ''], operation, [...seen, $ref]);
    for (const name of Object.keys(properties))
      if (/ur[li]s?$|host$|address$/i.test(name)) found.add(`${operation} ${name}`);
    for (const child of Object.values(node)) walk(child, operation, seen);
  };
  for (const [path, methods] of Object.entries(paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      walk(operation.requestBody, `${method} ${path}`, []);
    }
  }
  return [...found].sort();
}
