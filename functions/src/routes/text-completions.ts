/** POST /v1/completions: any model of the project goes on from a text, buffered or streamed. */
import { TextCompletion, TextCompletionRequest } from '@preheat/contracts';
import type { FastifyRequest } from 'fastify';
import type { App } from '../app-type.js';
import { acquireInTime } from '../chat/acquire-in-time.js';
import type { CompletionHeader } from '../chat/complete-chat.js';
import type { Patience } from '../chat/patience.js';
import type { ApiDependencies } from '../dependencies.js';
import { newSeed } from '../fine-tuning/seed.js';
import { timeId } from '../listing/time-id.js';
import { BODY_ERRORS, withErrors } from '../plugins/error-responses.js';
import { findCallableModel } from '../serving/find-model.js';
import { sendEventStream } from '../streaming/server-sent-events.js';
import { untilGone } from '../streaming/until-gone.js';
import { completeText } from '../text-completion/complete-text.js';
import { planText, refuseUnservedTextFields } from '../text-completion/plan-text.js';
import { streamText } from '../text-completion/stream-text.js';

const Answer = {
  description: 'The completion, or with `stream` its chunks as server-sent events.',
  content: {
    'application/json': { schema: TextCompletion },
    'text/event-stream': { schema: TextCompletion },
  },
};

export function textCompletionRoute(app: App, deps: ApiDependencies, patience: Patience): void {
  const waiting = { clock: deps.clock, log: deps.log, patience };
  const schema = {
    operationId: 'createCompletion',
    summary: 'Go on from a text; prompts may be token ids',
    tags: ['Chat'],
    body: TextCompletionRequest,
    response: withErrors(
      { 200: Answer },
      ...BODY_ERRORS,
      'model_not_found',
      'unsupported_parameter',
      'context_length_exceeded',
      'overloaded',
    ),
  };
  const preValidation = async (request: FastifyRequest) => refuseUnservedTextFields(request.body);
  app.post('/completions', { schema, preValidation }, async (request, reply) => {
    const { body, projectId } = request;
    const description = await deps.models.describe(await findCallableModel(deps.models, projectId, body.model));
    const plan = planText(description, body, newSeed(deps.ids));
    const { id, createdAtMs } = timeId('cmpl-', deps);
    const header: CompletionHeader = { id, created: Math.floor(createdAtMs / 1000), model: body.model };
    const acquire = () => deps.decoders.acquire(plan.record, projectId);
    if (body.stream) {
      const includeUsage = body.stream_options?.include_usage === true;
      const frames = (signal: AbortSignal) => streamText({ ...waiting, plan, header, acquire, includeUsage, signal });
      return sendEventStream({ request, reply, log: deps.log, frames });
    }
    const model = await acquireInTime(acquire, waiting);
    try {
      reply.header('content-type', 'application/json; charset=utf-8');
      return await completeText(model, plan, header, untilGone(reply));
    } finally {
      await model.release();
    }
  });
}
