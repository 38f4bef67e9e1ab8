/** POST /v1/chat/completions: any model of the project, buffered or streamed. */
import { ChatCompletion, ChatCompletionChunk, ChatCompletionRequest } from '@preheat/contracts';
import type { FastifyRequest } from 'fastify';
import type { App } from '../app-type.js';
import { acquireInTime } from '../chat/acquire-in-time.js';
import { type CompletionHeader, completeChat, fingerprint } from '../chat/complete-chat.js';
import type { Patience } from '../chat/patience.js';
import { planCompletion } from '../chat/plan-completion.js';
import { refuseUnservedChatFields } from '../chat/refuse-unserved.js';
import { streamChat } from '../chat/stream-chat.js';
import type { ApiDependencies } from '../dependencies.js';
import { newSeed } from '../fine-tuning/seed.js';
import { timeId } from '../listing/time-id.js';
import { BODY_ERRORS, withErrors } from '../plugins/error-responses.js';
import { findCallableModel } from '../serving/find-model.js';
import { assembled } from '../stored-completions/assemble-chunks.js';
import type { StoredCompletions } from '../stored-completions/stored-completions.js';
import { sendEventStream } from '../streaming/server-sent-events.js';
import { untilGone } from '../streaming/until-gone.js';

const Answer = {
  description: 'The completion, or with `stream` its chunks as server-sent events.',
  content: {
    'application/json': { schema: ChatCompletion },
    'text/event-stream': { schema: ChatCompletionChunk },
  },
};

export function chatCompletionRoute(
  app: App,
  deps: ApiDependencies,
  stored: StoredCompletions,
  patience: Patience,
): void {
  const waiting = { clock: deps.clock, log: deps.log, patience };
  const schema = {
    operationId: 'createChatCompletion',
    summary: 'Answer a conversation; extension: `return_token_ids`',
    tags: ['Chat'],
    body: ChatCompletionRequest,
    response: withErrors(
      { 200: Answer },
      ...BODY_ERRORS,
      'model_not_found',
      'model_expired',
      'model_damaged',
      'unsupported_parameter',
      'context_length_exceeded',
      'overloaded',
    ),
  };
  const preValidation = async (request: FastifyRequest) => refuseUnservedChatFields(request.body);
  app.post('/chat/completions', { schema, preValidation }, async (request, reply) => {
    const { body, projectId } = request;
    const description = await deps.models.describe(await findCallableModel(deps.models, projectId, body.model));
    const plan = planCompletion(description, body, newSeed(deps.ids));
    const { id, createdAtMs } = timeId('chatcmpl-', deps);
    const header: CompletionHeader = { id, created: Math.floor(createdAtMs / 1000), model: body.model };
    const { messages, metadata } = body;
    const keep = (completion: ChatCompletion) =>
      body.store ? stored.keep(projectId, completion, { messages, metadata, createdAtMs }) : Promise.resolve();
    const acquire = () => deps.decoders.acquire(plan.record, projectId);
    if (body.stream) {
      const { log } = deps;
      const includeUsage = body.stream_options?.include_usage === true;
      const stream = { ...waiting, plan, header, acquire, includeUsage: includeUsage || body.store === true };
      const assembly = { fingerprint: fingerprint(plan.record), hidesUsage: !includeUsage, keep };
      const frames = (signal: AbortSignal) => {
        const plain = streamChat({ ...stream, signal });
        return body.store ? assembled(plain, assembly) : plain;
      };
      return sendEventStream({ request, reply, log, frames });
    }
    const model = await acquireInTime(acquire, waiting);
    try {
      reply.header('content-type', 'application/json; charset=utf-8');
      const completion = await completeChat(model, plan, header, untilGone(reply));
      await keep(completion);
      return completion;
    } finally {
      await model.release();
    }
  });
}
