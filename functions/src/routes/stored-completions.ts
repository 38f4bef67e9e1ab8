/** /v1/chat/completions beside creating: what was kept with `store: true`. Another project's completion is not found. */
import {
  Metadata,
  ModelName,
  Nullable,
  Page,
  StoredChatCompletion,
  StoredChatMessage,
  type StoredCompletion,
} from '@preheat/contracts';
import Type from 'typebox';
import type { App } from '../app-type.js';
import { pageQuery, pageRequest, toWirePage } from '../listing/page.js';
import { BODY_ERRORS, withErrors } from '../plugins/error-responses.js';
import type { StoredCompletions } from '../stored-completions/stored-completions.js';
import { idParameters } from './path-parameters.js';

const tags = ['Chat'];
const params = idParameters('completion_id');
const path = '/chat/completions/:completion_id';
const Update = Type.Object({ metadata: Nullable(Metadata) });
const Deleted = Type.Object({
  id: Type.String(),
  object: Type.Literal('chat.completion.deleted'),
  deleted: Type.Literal(true),
});
const Filter = { model: Type.Optional(ModelName), metadata: Type.Optional(Metadata) };

export function storedCompletionRoutes(app: App, completions: StoredCompletions): void {
  const list = {
    operationId: 'listChatCompletions',
    summary: 'List stored completions, oldest first',
    tags,
    querystring: pageQuery(100, Filter),
    response: withErrors({ 200: Page(StoredChatCompletion) }),
  };
  app.get('/chat/completions', { schema: list }, async ({ projectId, query }) => {
    const { model, metadata } = query;
    const request = pageRequest(query, { limit: 20, order: 'asc' });
    const page = await completions.list(projectId, request, { model, metadata });
    return toWirePage(page.items.map(toObject), page.hasMore);
  });

  const retrieve = {
    operationId: 'getChatCompletion',
    summary: 'Retrieve a stored completion',
    tags,
    params,
    response: withErrors({ 200: StoredChatCompletion }, 'not_found'),
  };
  app.get(path, { schema: retrieve }, async ({ projectId, params }) =>
    toObject(await completions.get(projectId, params.completion_id)),
  );

  const update = {
    operationId: 'updateChatCompletion',
    summary: 'Change the metadata of a stored completion',
    tags,
    params,
    body: Update,
    response: withErrors({ 200: StoredChatCompletion }, ...BODY_ERRORS, 'not_found'),
  };
  app.post(path, { schema: update }, async ({ projectId, params, body }) =>
    toObject(await completions.update(projectId, params.completion_id, body.metadata)),
  );

  const remove = {
    operationId: 'deleteChatCompletion',
    summary: 'Delete a stored completion',
    tags,
    params,
    response: withErrors({ 200: Deleted }, 'not_found'),
  };
  app.delete(path, { schema: remove }, async ({ projectId, params }) => {
    await completions.delete(projectId, params.completion_id);
    return { id: params.completion_id, object: 'chat.completion.deleted' as const, deleted: true as const };
  });

  const messages = {
    operationId: 'getChatCompletionMessages',
    summary: 'List the messages of the request of a stored completion',
    tags,
    params,
    querystring: pageQuery(512, {}),
    response: withErrors({ 200: Page(StoredChatMessage) }, 'not_found'),
  };
  app.get(`${path}/messages`, { schema: messages }, async ({ projectId, params, query }) => {
    const { after, limit, order } = pageRequest(query, { limit: 20, order: 'asc' });
    const all = messagesOf(await completions.get(projectId, params.completion_id));
    if (order === 'desc') all.reverse();
    const rest = all.slice(all.findIndex(({ id }) => id === after) + 1);
    return toWirePage(rest.slice(0, limit), rest.length > limit);
  });
}

function toObject({ completion, metadata }: StoredCompletion): StoredChatCompletion {
  return { ...completion, metadata };
}

/** The position is part of the id. */
function messagesOf({ completion, messages }: StoredCompletion): StoredChatMessage[] {
  return messages.map((message, index) => ({ ...message, id: `${completion.id}-${index}` }));
}
