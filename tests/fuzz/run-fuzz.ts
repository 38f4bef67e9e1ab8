/**
 * Sends requests until enough were answered. Every answer must be the caller's business (below 500), and an error must be the
 * wire's: JSON with all four keys. A request that finds a fault is made smaller, told once, and the rest goes on.
 */
import fc from 'fast-check';
import { FuzzTarget, type FuzzAnswer } from './fuzz-target.js';
import type { OpenapiDocument } from './operations.js';
import { type FuzzRequest, requestArbitrary } from './request-arbitrary.js';

export interface FuzzFault {
  /** What is wrong; the same for the same fault. */
  readonly signature: string;
  readonly request: FuzzRequest;
  readonly answer: string;
}

export interface FuzzReport {
  readonly sent: number;
  /** Answers by status. */
  readonly statuses: ReadonlyMap<number, number>;
  readonly faults: readonly FuzzFault[];
}

export interface FuzzOptions {
  readonly document: OpenapiDocument;
  readonly requests: number;
  readonly seed: number;
  onProgress?(sent: number, faults: number): void;
}

const MAX_FAULTS = 20;
const PROGRESS_EVERY = 500;

export async function runFuzz({ document, requests, seed, onProgress }: FuzzOptions): Promise<FuzzReport> {
  const target = await FuzzTarget.start();
  const statuses = new Map<number, number>();
  const faults = new Map<string, FuzzFault>();
  let sent = 0;
  const property = fc.asyncProperty(requestArbitrary(document), async (request) => {
    const concrete = target.concrete(request);
    const answer = await target.send(concrete);
    if (!answer) return true;
    sent++;
    if (sent % PROGRESS_EVERY === 0) onProgress?.(sent, faults.size);
    statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
    const signature = faultOf(concrete, answer);
    if (signature === undefined) return true;
    const known = faults.get(signature);
    if (known && sizeOf(known.request) <= sizeOf(concrete)) return true;
    faults.set(signature, { signature, request: concrete, answer: `${answer.status} ${answer.text.slice(0, 300)}` });
    return false;
  });
  try {
    for (let round = 0; sent < requests && faults.size < MAX_FAULTS; round++) {
      await fc.check(property, { numRuns: requests - sent, seed: seed + round });
    }
  } finally {
    await target.stop();
  }
  return { sent, statuses, faults: [...faults.values()] };
}

export function faultOf(
  { method, path }: FuzzRequest,
  { status, cause, contentType, text }: FuzzAnswer,
): string | undefined {
  const where = `${method} ${path.split('?')[0]?.split('/').slice(0, 4).join('/')}`;
  if (status >= 500) return `${where}: ${status} ${cause.slice(0, 600)}`;
  if (status < 400 || method === 'HEAD') return undefined;
  const isJson = contentType.startsWith('application/json');
  const keys = isJson ? Object.keys((JSON.parse(text) as { error?: object }).error ?? {}) : [];
  return keys.sort().join() === 'code,message,param,type' ? undefined : `${where}: ${status} is not the wire's error`;
}

const sizeOf = ({ path, body = '' }: FuzzRequest): number => path.length + body.length;
