/** A client that costs little beside what it measures: kept connections, whole answers, and the time of each. */
import { Agent, type ClientRequest, request as httpRequest } from 'node:http';
import { API_KEY } from './measured-server.js';

const agent = new Agent({ keepAlive: true, maxSockets: 32 });
const AUTHORIZATION = { authorization: `Bearer ${API_KEY}` };

export interface Timed<T = unknown> {
  readonly value: T;
  readonly ms: number;
}

/** @throws Error for an answer that is none of 2xx. */
export function call<T>(url: string, method = 'GET', body?: object): Promise<Timed<T>> {
  const text = body === undefined ? undefined : JSON.stringify(body);
  const headers = { ...AUTHORIZATION, ...(text === undefined ? {} : { 'content-type': 'application/json' }) };
  return send<T>(url, method, headers, text);
}

export function send<T>(url: string, method: string, headers: object, body?: string | Buffer): Promise<Timed<T>> {
  const startMs = performance.now();
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { method, agent, headers: { ...AUTHORIZATION, ...headers } }, (answer) => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (chunk: string) => (text += chunk));
      answer.on('end', () => {
        const { statusCode = 0 } = answer;
        if (statusCode >= 300) return reject(new Error(`${method} ${url}: ${statusCode} ${text.slice(0, 300)}`));
        return resolve({ value: JSON.parse(text) as T, ms: performance.now() - startMs });
      });
    });
    request.on('error', reject);
    request.end(body);
  });
}

export interface Reply {
  /** 0: the connection broke. */
  readonly status: number;
  readonly hasRetryAfter: boolean;
  readonly ms: number;
}

/** Whatever becomes of a request, on a connection of its own if all others are busy. */
export function ask(url: string, body: object, crowd: Agent): Promise<Reply> {
  const startMs = performance.now();
  const headers = { ...AUTHORIZATION, 'content-type': 'application/json' };
  return new Promise((resolve) => {
    const reply = (status: number, hasRetryAfter = false): void =>
      resolve({ status, hasRetryAfter, ms: performance.now() - startMs });
    const request = httpRequest(url, { method: 'POST', agent: crowd, headers }, (answer) => {
      answer.resume();
      answer.on('end', () => reply(answer.statusCode ?? 0, answer.headers['retry-after'] !== undefined));
      answer.on('error', () => reply(0));
    });
    request.on('error', () => reply(0));
    request.end(JSON.stringify(body));
  });
}

/** An event stream that stays open; resolves when its first bytes are here. */
export function openStream(url: string): Promise<ClientRequest> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { headers: AUTHORIZATION, agent: false }, (answer) => {
      if (answer.statusCode !== 200) reject(new Error(`stream: ${answer.statusCode}`));
      answer.on('error', () => undefined);
      answer.once('data', () => resolve(request));
      answer.resume();
    });
    request.on('error', reject);
    request.end();
  });
}
