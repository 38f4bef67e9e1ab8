/**
 * What a process takes on at once: requests under way, and bytes of JSON bodies, which are held in memory as a whole. More
 * is refused before its body is read, so that a crowd costs an answer each and never the process.
 */
import { ApiError } from '@preheat/contracts';
import type { FastifyInstance, FastifyRequest } from 'fastify';

export interface AdmissionLimits {
  /** Requests under way, without event streams. */
  readonly requestsInFlight: number;
  readonly jsonBytesInFlight: number;
  readonly jsonBodyBytes: number;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Ends the request's part in the load; an event stream calls it when it begins to wait. */
    leaveAdmission: () => void;
  }
}

const RETRY_AFTER_SECONDS = 1;

/** What a process has taken on. */
export class Admission {
  readonly #limits: AdmissionLimits;
  #requests = 0;
  #jsonBytes = 0;

  constructor(limits: AdmissionLimits) {
    this.#limits = limits;
  }

  /** Takes on a request: what ends its part in the load, once; undefined where it is too much. */
  enter(request: FastifyRequest): (() => void) | undefined {
    const { requestsInFlight, jsonBytesInFlight, jsonBodyBytes } = this.#limits;
    const jsonBytes = jsonBytesOf(request, jsonBodyBytes);
    if (this.#requests >= requestsInFlight || this.#jsonBytes + jsonBytes > jsonBytesInFlight) return undefined;
    this.#requests++;
    this.#jsonBytes += jsonBytes;
    return () => {
      this.#requests--;
      this.#jsonBytes -= jsonBytes;
    };
  }
}

export function admit(app: FastifyInstance, admission: Admission): void {
  app.decorateRequest('leaveAdmission', nothing);
  app.addHook('onRequest', async (request, reply) => {
    const leave = admission.enter(request);
    if (!leave) {
      // A body that nobody reads would keep the connection from being used again.
      request.raw.resume();
      const message = 'This server has as much to do as it takes on at once. Try again in a moment.';
      throw new ApiError('overloaded', message, { retryAfterSeconds: RETRY_AFTER_SECONDS });
    }
    request.leaveAdmission = () => {
      request.leaveAdmission = nothing;
      leave();
    };
    reply.raw.once('close', () => request.leaveAdmission());
  });
}

/** A body that does not say its length may be as long as any; one that is too long is refused unread. */
function jsonBytesOf({ headers }: FastifyRequest, maxBytes: number): number {
  if (headers['content-type']?.startsWith('multipart/')) return 0;
  if (headers['transfer-encoding'] !== undefined) return maxBytes;
  const announced = Number(headers['content-length'] ?? 0);
  return announced <= maxBytes ? announced : 0;
}

function nothing(): void {}
