/**
 * Deliveries over HTTP. Whoever may create an endpoint chooses where this process sends requests, so with `public` targets
 * only https to public addresses is let out: addresses are checked as they are resolved, for the connection that is then
 * made, so a name cannot point elsewhere in between. Redirects are not followed; the body of the answer is not read.
 */
import { request as httpRequest } from 'node:http';
import { request as httpsRequest, type RequestOptions } from 'node:https';
import { isIP } from 'node:net';
import { isPublicAddress, publicLookup } from '@preheat/graders/public-lookup';
import type { Delivery, DeliveryOutcome, WebhookSender } from './webhook-sender.js';

export type WebhookTargets = 'public' | 'any';

const TIMEOUT_MS = 10_000;
const lookUpPublic = publicLookup();

export function httpSender(targets: WebhookTargets): WebhookSender {
  return async (delivery) => {
    const refusal = targets === 'public' ? refusalOf(delivery.url) : undefined;
    return refusal === undefined ? send(delivery, targets) : { kind: 'failed', reason: refusal };
  };
}

/** Why a URL is no target where only public ones are allowed; names are checked again when they are resolved. */
export function refusalOf(url: string): string | undefined {
  if (!URL.canParse(url)) return 'the URL is malformed';
  const { protocol, hostname } = new URL(url);
  if (protocol !== 'https:') return 'only https URLs are served here';
  const host = hostname.replace(/^\[|\]$/g, '');
  return isIP(host) !== 0 && !isPublicAddress(host) ? `${host} is not a public address` : undefined;
}

function send({ url, headers, body }: Delivery, targets: WebhookTargets): Promise<DeliveryOutcome> {
  const request = new URL(url).protocol === 'https:' ? httpsRequest : httpRequest;
  const options: RequestOptions = {
    method: 'POST',
    headers: { ...headers, 'content-length': String(Buffer.byteLength(body)) },
    signal: AbortSignal.timeout(TIMEOUT_MS),
    agent: false,
    ...(targets === 'public' ? { lookup: lookUpPublic } : {}),
  };
  return new Promise((settle) => {
    const failed = (error: Error) => settle({ kind: 'failed', reason: error.message.slice(0, 500) });
    try {
      const outgoing = request(url, options, (response) => {
        response.on('error', () => undefined);
        response.destroy();
        settle({ kind: 'answered', status: response.statusCode ?? 0 });
      });
      outgoing.on('error', failed);
      outgoing.end(body);
    } catch (error) {
      failed(error as Error);
    }
  });
}
