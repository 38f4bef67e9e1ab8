/**
 * Posts to addresses of callers, and to no private one: a name is looked up by the connection itself and every address it
 * has must be public, so nothing can change between check and use. Redirects are answers, and are not followed.
 */
import { type IncomingMessage, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import type { HttpPoster, HttpReply } from '../grader-services.js';
import { flagged, type Outcome, success } from '../outcome.js';
import { isPublicAddress } from './public-address.js';
import { PrivateAddressError, publicLookup, type Resolve } from './public-lookup.js';

const MAX_REPLY_BYTES = 64 * 1024;

export class OutboundPoster implements HttpPoster {
  readonly #allowed: ReadonlySet<string>;
  readonly #lookUpPublic: LookupFunction;

  /**
   * @param allowedHosts Hosts that may be private, as `name` or `name:port`; the operator's decision.
   * @param resolve How names are looked up; the system's way unless given.
   */
  constructor(allowedHosts: readonly string[] = [], resolve?: Resolve) {
    this.#lookUpPublic = publicLookup(resolve);
    this.#allowed = new Set(allowedHosts.map((host) => host.toLowerCase()));
  }

  refusal(url: string): string | null {
    const { hostname } = new URL(url);
    const address = hostname.replace(/^\[|\]$/g, '');
    const isPrivate = isIP(address) === 0 ? /(^|\.)localhost\.?$/.test(address) : !isPublicAddress(address);
    if (!isPrivate || this.#isAllowed(url)) return null;
    return `is a private address (${hostname}); only public ones may be called, unless the operator allows the host`;
  }

  async post(
    url: string,
    body: string,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<Outcome<HttpReply>> {
    const refusal = this.refusal(url);
    if (refusal !== null) return flagged('other_error', `The grader's url ${refusal}.`);
    try {
      return success(await this.#send(new URL(url), body, headers, signal));
    } catch (error) {
      signal.throwIfAborted();
      const isTransient = !(error instanceof PrivateAddressError);
      return flagged('other_error', `The grader's url cannot be called: ${(error as Error).message}`, { isTransient });
    }
  }

  #send(url: URL, body: string, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<HttpReply> {
    const options = {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
      signal,
      ...(this.#isAllowed(url.href) ? {} : { lookup: this.#lookUpPublic }),
    };
    return new Promise((resolve, reject) => {
      const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
      const request = send(url, options, (response) => {
        readReply(response).then(resolve, (error: unknown) => {
          request.destroy();
          reject(error as Error);
        });
      });
      request.on('error', reject);
      request.end(body);
    });
  }

  #isAllowed(url: string): boolean {
    const { hostname, host } = new URL(url);
    return this.#allowed.has(hostname) || this.#allowed.has(host);
  }
}

async function readReply(response: IncomingMessage): Promise<HttpReply> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_REPLY_BYTES) throw new Error(`the answer has more than ${MAX_REPLY_BYTES} bytes`);
    chunks.push(chunk);
  }
  return { status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') };
}
