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

export function admit(app: FastifyInstance, limits: AdmissionLimits): void {
  const load = { requests: 0, jsonBytes: 0 };
  app.decorateRequest('leaveAdmission', nothing);
  app.addHook('onRequest', async (request, reply) => {
    const jsonBytes = jsonBytesOf(request, limits.jsonBodyBytes);
    if (load.requests >= limits.requestsInFlight || load.jsonBytes + jsonBytes > limits.jsonBytesInFlight) {
      // A body that nobody reads would keep the connection from being used again.
      request.raw.resume();
      const message = 'This server has as much to do as it takes on at once. Try again in a moment.';
      throw new ApiError('overloaded', message, { retryAfterSeconds: RETRY_AFTER_SECONDS });
    }
    load.requests++;
    load.jsonBytes += jsonBytes;
    const leave = (): void => {
      request.leaveAdmission = nothing;
      load.requests--;
      load.jsonBytes -= jsonBytes;
    };
    request.leaveAdmission = leave;
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
