/** /v1/x/admin/api_keys (extension): the keys of projects, managed with an admin key. */
import { ApiKeyObject, ApiKeyPage, ApiKeyWithValue, CreateApiKey, Nullable, RotateApiKey } from '@preheat/contracts';
import type { ApiKeys } from '../access/api-keys.js';
import type { App } from '../app-type.js';
import { toWirePage } from '../listing/page.js';
import { BODY_ERRORS, withErrors } from '../plugins/error-responses.js';
import { idParameters } from './path-parameters.js';

const tags = ['Admin'];
const config = { admin: true };
const params = idParameters('key_id');
const path = '/x/admin/api_keys';

export function adminKeyRoutes(app: App, keys: ApiKeys): void {
  const create = {
    operationId: 'createApiKey',
    summary: 'Extension: issue a key of a project; its value is shown here and never again',
    tags,
    body: CreateApiKey,
    response: withErrors({ 200: ApiKeyWithValue }, ...BODY_ERRORS),
  };
  app.post(path, { schema: create, config }, ({ body }) =>
    keys.issue({ role: 'project', projectId: body.project_id, name: body.name ?? body.project_id }),
  );

  const list = {
    operationId: 'listApiKeys',
    summary: 'Extension: list all keys there ever were',
    tags,
    response: withErrors({ 200: ApiKeyPage }),
  };
  app.get(path, { schema: list, config }, async () => toWirePage(await keys.list(), false));

  const rotate = {
    operationId: 'rotateApiKey',
    summary: 'Extension: issue a successor; the old key works for a day more unless said',
    tags,
    params,
    body: Nullable(RotateApiKey),
    response: withErrors({ 200: ApiKeyWithValue }, ...BODY_ERRORS, 'not_found'),
  };
  app.post(`${path}/:key_id/rotate`, { schema: rotate, config }, ({ params, body }) => {
    const seconds = body?.overlap_seconds;
    return keys.rotate(params.key_id, seconds === undefined ? undefined : seconds * 1000);
  });

  const revoke = {
    operationId: 'revokeApiKey',
    summary: 'Extension: refuse a key from now on',
    tags,
    params,
    response: withErrors({ 200: ApiKeyObject }, 'not_found'),
  };
  app.delete(`${path}/:key_id`, { schema: revoke, config }, ({ params }) => keys.revoke(params.key_id));
}
