/**
 * One part of a file, put into the platform's store past its API, by a URL that is the right to do so. The store is nobody's API:
 * it gets no key, and its answers have a form of their own.
 */
import { PreheatError } from './errors.js';
import type { DirectUploadPart } from './generated/wire.js';
import type { RequestOptions, TransportSettings } from './transport.js';

type PutOutcome =
  | { readonly kind: 'stored' }
  /** Another URL may be taken: this one expired, or the store was busy. */
  | { readonly kind: 'refused'; readonly error: PreheatError; readonly headers: Headers }
  /** No answer came: the store cannot be reached from here, or a browser may not send to it. */
  | { readonly kind: 'unreachable' };

const MAX_QUOTED_CHARACTERS = 300;

/** One attempt. Throws the signal's reason when aborted. */
export async function putToStore(
  { fetch, timeoutMs: usualTimeoutMs }: TransportSettings,
  { url, method, headers, id }: DirectUploadPart,
  bytes: ArrayBuffer,
  { signal, timeoutMs = usualTimeoutMs }: RequestOptions,
): Promise<PutOutcome> {
  const timeout = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(url, {
      method,
      headers,
      body: bytes,
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    });
    const text = await response.text();
    if (response.ok) return { kind: 'stored' };
    const { status } = response;
    const said = /<Code>([^<]*)<\/Code>/.exec(text)?.[1] ?? text.trim().slice(0, MAX_QUOTED_CHARACTERS);
    const message = `the store answered ${status} to part ${id}: ${said}`;
    return {
      kind: 'refused',
      error: new PreheatError(message, { status, code: 'store_error' }),
      headers: response.headers,
    };
  } catch {
    signal?.throwIfAborted();
    return { kind: 'unreachable' };
  }
}
