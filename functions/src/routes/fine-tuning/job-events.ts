/**
 * GET /v1/fine_tuning/jobs/:job_id/events: newest first, as on the original wire. Extension: `?stream=true` answers with
 * server-sent events, oldest first and as they happen, resumable with `Last-Event-ID`.
 */
import { ApiError, FineTuningJobEvent, Page } from '@preheat/contracts';
import { eventSequence, toFineTuningJobEvent } from '@preheat/jobs';
import type { FastifyRequest } from 'fastify';
import Type from 'typebox';
import type { App } from '../../app-type.js';
import type { ApiDependencies } from '../../dependencies.js';
import { toWirePage } from '../../listing/page.js';
import { withErrors } from '../../plugins/error-responses.js';
import { followEvents, POLL_MS } from '../../streaming/follow-events.js';
import { SharedReads } from '../../streaming/shared-reads.js';
import { sendEventStream } from '../../streaming/server-sent-events.js';
import { idParameters } from '../path-parameters.js';
import { jobOf } from './job-of.js';

const EventQuery = Type.Object({
  after: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
  stream: Type.Optional(Type.Boolean()),
});

const EventAnswer = {
  description: 'A page, or with `stream=true` a stream of events.',
  content: {
    'application/json': { schema: Page(FineTuningJobEvent) },
    'text/event-stream': { schema: Type.String() },
  },
};

export function jobEventRoutes(app: App, { jobs, clock, log, warmer }: ApiDependencies): void {
  const reads = new SharedReads(jobs, clock, POLL_MS / 2);
  const schema = {
    operationId: 'listFineTuningEvents',
    summary: 'List the events of a job, newest first; extension: follow them with `stream=true`',
    tags: ['Fine-tuning'],
    params: idParameters('job_id'),
    querystring: EventQuery,
    response: withErrors({ 200: EventAnswer }, 'not_found'),
  };
  app.get('/fine_tuning/jobs/:job_id/events', { schema }, async (request, reply) => {
    const { projectId, query } = request;
    const job = await jobOf(jobs, projectId, request.params.job_id);
    const after = query.after === undefined ? undefined : sequenceOf(query.after, 'after');
    if (query.stream) {
      const from = firstWanted(request, after);
      const frames = (signal: AbortSignal) =>
        followEvents({ jobs, reads, clock, warmer, projectId, jobId: job.id, from, signal });
      return sendEventStream({ request, reply, log, frames });
    }
    warmer?.look(job);
    const before = after === undefined ? {} : { before: after };
    const page = await jobs.events(job, { ...before, limit: query.limit ?? 20 });
    const events = page.events.map((event) => toFineTuningJobEvent(job, event));
    reply.header('content-type', 'application/json; charset=utf-8');
    return reply.send(toWirePage(events, page.hasMore));
  });
}

function firstWanted(request: FastifyRequest, after: number | undefined): number {
  const last = request.headers['last-event-id'];
  if (last === undefined) return after === undefined ? 0 : after + 1;
  if (typeof last === 'string' && /^[0-9]{1,12}$/.test(last)) return Number(last) + 1;
  throw new ApiError('invalid_request', '`Last-Event-ID` must be the id of an event of this stream.');
}

function sequenceOf(eventId: string, param: string): number {
  const sequence = eventSequence(eventId);
  if (sequence !== undefined) return sequence;
  throw new ApiError('invalid_request', `'${param}' is not the id of an event: ${eventId}.`, { param });
}
