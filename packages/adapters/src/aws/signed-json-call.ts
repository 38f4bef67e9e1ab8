/**
 * A call of an AWS service that speaks JSON 1.1, signed (Signature Version 4). For services of which one or two calls are needed: a whole
 * client would cost every function that loads it its start.
 */
import { defaultProvider } from '@aws-sdk/credential-provider-node';
import { SignatureV4 } from '@smithy/signature-v4';
import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto';
import type { AwsConnection } from './connection.js';

export interface JsonService {
  /** Of its host name and of signatures, such as `ecs`. */
  readonly name: string;
  /** Before the name of a call in `x-amz-target`. */
  readonly target: string;
}

const REQUEST_TIMEOUT_MS = 10_000;

export class SignedJsonCalls {
  readonly #url: URL;
  readonly #service: JsonService;
  readonly #signer: SignatureV4;
  readonly #timeoutMs: number;

  constructor(
    { region, endpoint, credentials, requestTimeoutMs = REQUEST_TIMEOUT_MS }: AwsConnection,
    service: JsonService,
  ) {
    this.#url = new URL('/', endpoint ?? `https://${service.name}.${region}.amazonaws.com`);
    this.#service = service;
    this.#timeoutMs = requestTimeoutMs;
    const signing = { region, service: service.name, sha256: Sha256, credentials: credentials ?? defaultProvider() };
    this.#signer = new SignatureV4(signing);
  }

  /** @throws Error with the service's own words when it refuses, and when it does not answer in time. */
  async call(action: string, input: object): Promise<unknown> {
    const { hostname, host, port, protocol } = this.#url;
    const body = JSON.stringify(input);
    const { headers } = await this.#signer.sign({
      ...{ method: 'POST', protocol, hostname, path: '/', query: {}, body },
      ...(port === '' ? {} : { port: Number(port) }),
      headers: {
        host,
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': `${this.#service.target}.${action}`,
      },
    });
    const signal = AbortSignal.timeout(this.#timeoutMs);
    const answer = await fetch(this.#url, { method: 'POST', headers, body, signal });
    const text = await answer.text();
    if (!answer.ok)
      throw new Error(`${this.#service.name} refused ${action} (${answer.status}): ${text.slice(0, 1000)}`);
    return JSON.parse(text) as unknown;
  }
}

/** As the signer wants it. */
class Sha256 {
  readonly #secret: string | ArrayBuffer | ArrayBufferView | undefined;
  #hash: Hash | Hmac;

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#secret = secret;
    this.#hash = this.#begin();
  }

  update(chunk: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(bytesOf(chunk));
  }

  digest(): Promise<Uint8Array> {
    return Promise.resolve(new Uint8Array(this.#hash.digest()));
  }

  reset(): void {
    this.#hash = this.#begin();
  }

  #begin(): Hash | Hmac {
    return this.#secret === undefined ? createHash('sha256') : createHmac('sha256', bytesOf(this.#secret));
  }
}

function bytesOf(data: string | ArrayBuffer | ArrayBufferView): Uint8Array {
  if (typeof data === 'string') return Buffer.from(data);
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
}
