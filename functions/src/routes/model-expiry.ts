/** GET, POST and DELETE /v1/x/models/:model/expiry (extension): when a model expires. */
import { ModelExpiry, SetModelExpiry } from '@preheat/contracts';
import Type from 'typebox';
import type { App } from '../app-type.js';
import type { ApiDependencies } from '../dependencies.js';
import { requestedExpiry, setExpiry, toModelExpiry } from '../models/model-expiries.js';
import { BODY_ERRORS, withErrors } from '../plugins/error-responses.js';
import { findModel } from '../serving/find-model.js';

const tags = ['Models'];
const params = Type.Object({ model: Type.String({ minLength: 1, maxLength: 1024 }) });
const url = '/x/models/:model/expiry';

export function modelExpiryRoutes(app: App, deps: ApiDependencies): void {
  const found = withErrors({ 200: ModelExpiry }, 'model_not_found', 'model_expired');
  const changed = withErrors({ 200: ModelExpiry }, ...BODY_ERRORS, 'model_not_found', 'model_expired');

  const retrieve = {
    operationId: 'retrieveModelExpiry',
    summary: 'Extension: when a model expires',
    tags,
    params,
    response: found,
  };
  app.get(url, { schema: retrieve }, async ({ projectId, params }) =>
    toModelExpiry(await findModel(deps.models, projectId, params.model)),
  );

  const set = {
    operationId: 'setModelExpiry',
    summary: 'Extension: let a model expire; one that is in use expires once nothing uses it',
    tags,
    params,
    body: SetModelExpiry,
    response: changed,
  };
  app.post(url, { schema: set }, async ({ projectId, params, body }) => {
    const record = await findModel(deps.models, projectId, params.model);
    return setExpiry(deps, record, requestedExpiry(body, deps.clock.nowMs()));
  });

  const lift = {
    operationId: 'liftModelExpiry',
    summary: 'Extension: let a model stay that would expire',
    tags,
    params,
    response: changed,
  };
  app.delete(url, { schema: lift }, async ({ projectId, params }) =>
    setExpiry(deps, await findModel(deps.models, projectId, params.model), null),
  );
}
