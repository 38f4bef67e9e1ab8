/** The parts of a program that works on what the API took: the sweeper, the evaluation worker, or a server that does all of it. */
import { type ApiParts, type DecoderThreads, type Environment, openApiParts } from './api-parts.js';
import { Evals } from './evaluation/evals.js';
import { Runs } from './evaluation/runs.js';
import { WebhookDeliveries } from './webhooks/webhook-deliveries.js';
import { WebhookEndpoints } from './webhooks/webhook-endpoints.js';

export interface Parts extends ApiParts {
  readonly evals: Evals;
  readonly runs: Runs;
  readonly webhooks: WebhookDeliveries;
}

/** @throws Error naming each environment variable that is missing or wrong. */
export async function openParts(environment: Environment, program: string, decoders: DecoderThreads): Promise<Parts> {
  const parts = await openApiParts(environment, program, decoders);
  const webhooks = new WebhookDeliveries(parts, new WebhookEndpoints(parts));
  return { ...parts, evals: new Evals(parts), runs: new Runs(parts), webhooks };
}
