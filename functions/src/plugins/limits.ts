/** Limits that protect the platform: requests a minute from one project, and bytes in one request. */
import rateLimit from '@fastify/rate-limit';
import { ApiError } from '@preheat/contracts';
import type { FastifyInstance } from 'fastify';
import type { AdmissionLimits } from './admission.js';
import type { MinuteCounts } from './minute-counts.js';
import type { StreamLimits } from './stream-slots.js';

export interface Limits extends AdmissionLimits, StreamLimits {
  /** Requests a minute and project. Counted per process: a function instance counts for itself. */
  readonly requestsPerMinute: number;
  readonly fileBytes: number;
  /** A file sent in parts, and one part of it. */
  readonly uploadBytes: number;
  readonly uploadPartBytes: number;
  /** A part that the client puts into the store itself, where the store takes it. */
  readonly directPartBytes: number;
}

export const DEFAULT_LIMITS: Limits = {
  requestsPerMinute: 6_000,
  requestsInFlight: 1_000,
  jsonBytesInFlight: 128 * 1024 * 1024,
  openStreams: 1_000,
  openStreamsPerProject: 500,
  jsonBodyBytes: 16 * 1024 * 1024,
  /** OpenAI's documented limit for a file. */
  fileBytes: 512 * 1024 * 1024,
  /** And for uploads and their parts. */
  uploadBytes: 8 * 1024 ** 3,
  uploadPartBytes: 64 * 1024 * 1024,
  directPartBytes: 64 * 1024 * 1024,
};

/** Room for the boundaries and the other fields of a form, beside its file. */
export const FORM_OVERHEAD_BYTES = 65_536;

/** The limits where no request may have more than `maxBodyBytes`, as in front of a function. */
export function limitsUnder(maxBodyBytes: number): Partial<Limits> {
  const bytes = Math.max(FORM_OVERHEAD_BYTES, maxBodyBytes - FORM_OVERHEAD_BYTES);
  return {
    jsonBodyBytes: Math.min(DEFAULT_LIMITS.jsonBodyBytes, maxBodyBytes),
    fileBytes: Math.min(DEFAULT_LIMITS.fileBytes, bytes),
    uploadPartBytes: Math.min(DEFAULT_LIMITS.uploadPartBytes, bytes),
  };
}

/** What the plugin asks of whatever counts for it, in its own words. */
function storeOf(requests: MinuteCounts) {
  type Told = (error: Error | null, result?: { current: number; ttl: number }) => void;
  return class RequestStore {
    incr(key: string, tell: Told): void {
      const { count, leftMs } = requests.add(key);
      tell(null, { current: count, ttl: leftMs });
    }

    read(key: string, tell: Told): void {
      const { count, leftMs } = requests.read(key);
      tell(null, { current: count, ttl: leftMs });
    }

    child(): RequestStore {
      return this;
    }
  };
}

/** Registered after authentication, whose project it counts by. */
export async function limitRate(app: FastifyInstance, limits: Limits, requests: MinuteCounts): Promise<void> {
  await app.register(rateLimit, {
    max: limits.requestsPerMinute,
    timeWindow: '1 minute',
    hook: 'onRequest',
    store: storeOf(requests),
    keyGenerator: (request) => request.projectId || request.ip,
    errorResponseBuilder: (_request, context) =>
      new ApiError('rate_limit_exceeded', `More than ${context.max} requests a minute from this project.`, {
        retryAfterSeconds: Math.max(1, Math.ceil(context.ttl / 1000)),
      }),
  });
}
