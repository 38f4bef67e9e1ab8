/** Who is told when something ends. */
import { webhookEndpointRoutes } from '../routes/webhooks/webhook-endpoints.js';
import type { AddRoutes } from './add-routes.js';

export const addRoutes: AddRoutes = (v1, { deps }) => webhookEndpointRoutes(v1, deps);
