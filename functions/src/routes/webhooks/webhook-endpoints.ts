/** /v1/webhook_endpoints and /v1/webhook_event_types. */
import {
  ApiError,
  CreateWebhookEndpoint,
  Nullable,
  Page,
  RotateSecret,
  TestWebhookEndpoint,
  UpdateWebhookEndpoint,
  WEBHOOK_EVENT_TYPES,
  WebhookEndpoint,
  WebhookEndpointTest,
  WebhookEndpointWithSecret,
  WebhookEventType,
} from '@preheat/contracts';
import Type from 'typebox';
import type { App } from '../../app-type.js';
import type { ApiDependencies } from '../../dependencies.js';
import { pageQuery, pageRequest, toWirePage } from '../../listing/page.js';
import { BODY_ERRORS, withErrors } from '../../plugins/error-responses.js';
import { WebhookDeliveries, webhookEvent } from '../../webhooks/webhook-deliveries.js';
import { toEndpointObject, WebhookEndpoints, withSecret } from '../../webhooks/webhook-endpoints.js';
import { idParameters } from '../path-parameters.js';

const tags = ['Webhooks'];
const params = idParameters('webhook_endpoint_id');
const path = '/webhook_endpoints/:webhook_endpoint_id';
const DeletedEndpoint = Type.Object({
  id: Type.String(),
  object: Type.Literal('webhook_endpoint.deleted'),
  deleted: Type.Literal(true),
});
const EventTypeList = Type.Object({
  object: Type.Literal('list'),
  data: Type.Array(WebhookEventType, { maxItems: 64 }),
});

export function webhookEndpointRoutes(app: App, deps: ApiDependencies): void {
  const endpoints = new WebhookEndpoints(deps);
  const create = {
    operationId: 'createWebhookEndpoint',
    summary: 'Create a webhook endpoint; its secret is shown here and when it is rotated',
    tags,
    body: CreateWebhookEndpoint,
    response: withErrors({ 200: WebhookEndpointWithSecret }, ...BODY_ERRORS),
  };
  app.post('/webhook_endpoints', { schema: create }, async ({ projectId, body }) =>
    withSecret(await endpoints.create(projectId, body)),
  );

  const list = {
    operationId: 'listWebhookEndpoints',
    summary: 'List webhook endpoints, newest first',
    tags,
    querystring: pageQuery(100, {}),
    response: withErrors({ 200: Page(WebhookEndpoint) }),
  };
  app.get('/webhook_endpoints', { schema: list }, async ({ projectId, query }) => {
    const page = await endpoints.list(projectId, pageRequest(query, { limit: 20, order: 'desc' }));
    return toWirePage(page.items.map(toEndpointObject), page.hasMore);
  });

  const retrieve = {
    operationId: 'retrieveWebhookEndpoint',
    summary: 'Retrieve a webhook endpoint',
    tags,
    params,
    response: withErrors({ 200: WebhookEndpoint }, 'not_found'),
  };
  app.get(path, { schema: retrieve }, async ({ projectId, params }) =>
    toEndpointObject(await endpoints.get(projectId, params.webhook_endpoint_id)),
  );

  const update = {
    operationId: 'updateWebhookEndpoint',
    summary: 'Change a webhook endpoint; extension: `status` enables it again',
    tags,
    params,
    body: UpdateWebhookEndpoint,
    response: withErrors({ 200: WebhookEndpoint }, ...BODY_ERRORS, 'not_found'),
  };
  app.post(path, { schema: update }, async ({ projectId, params, body }) =>
    toEndpointObject(await endpoints.update(projectId, params.webhook_endpoint_id, body)),
  );

  const remove = {
    operationId: 'deleteWebhookEndpoint',
    summary: 'Delete a webhook endpoint; what it was not told yet is dropped',
    tags,
    params,
    response: withErrors({ 200: DeletedEndpoint }, 'not_found'),
  };
  app.delete(path, { schema: remove }, async ({ projectId, params }) => {
    await endpoints.delete(projectId, params.webhook_endpoint_id);
    return { id: params.webhook_endpoint_id, object: 'webhook_endpoint.deleted' as const, deleted: true as const };
  });
  secretAndTestRoutes(app, deps, endpoints);
}

function secretAndTestRoutes(app: App, deps: ApiDependencies, endpoints: WebhookEndpoints): void {
  const deliveries = new WebhookDeliveries(deps, endpoints);
  const rotate = {
    operationId: 'rotateWebhookSecret',
    summary: 'Replace the signing secret',
    tags,
    params,
    body: Nullable(RotateSecret),
    response: withErrors({ 200: WebhookEndpointWithSecret }, ...BODY_ERRORS, 'not_found'),
  };
  app.post(`${path}/rotate_secret`, { schema: rotate }, async ({ projectId, params, body }) => {
    const keepsOld = body?.keep_old_secret_active_for_24_hours;
    return withSecret(await endpoints.rotate(projectId, params.webhook_endpoint_id, keepsOld ?? false));
  });

  const test = {
    operationId: 'testWebhookEndpoint',
    summary: 'Send a signed sample event now',
    tags,
    params,
    body: TestWebhookEndpoint,
    response: withErrors({ 200: WebhookEndpointTest }, ...BODY_ERRORS, 'not_found', 'webhook_unreachable'),
  };
  app.post(`${path}/test`, { schema: test }, async ({ projectId, params, body }) => {
    const endpoint = await endpoints.get(projectId, params.webhook_endpoint_id);
    const event = webhookEvent(body.event_type, deps.ids.next('test_'), deps.clock.nowMs());
    const outcome = await deliveries.sendNow(endpoint, event);
    const status = outcome.kind === 'answered' ? outcome.status : undefined;
    if (status === undefined || status < 200 || status > 299) {
      const what =
        outcome.kind === 'answered' ? `answered ${outcome.status}` : `could not be reached: ${outcome.reason}`;
      throw new ApiError('webhook_unreachable', `The endpoint ${what}.`, { param: 'webhook_endpoint_id' });
    }
    return {
      object: 'webhook_endpoint.test' as const,
      webhook_endpoint_id: endpoint.id,
      event_type: body.event_type,
      status_code: status,
      success: true as const,
    };
  });

  const types = {
    operationId: 'listWebhookEventTypes',
    summary: 'List the types an endpoint may subscribe to',
    tags,
    response: withErrors({ 200: EventTypeList }),
  };
  app.get('/webhook_event_types', { schema: types }, async () => ({
    object: 'list' as const,
    data: [...WEBHOOK_EVENT_TYPES],
  }));
}
