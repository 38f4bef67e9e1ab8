/** What the stories of the Node clients share: two releases of one SDK, told apart by nothing but their package. */
import OpenAI6 from 'openai';
import OpenAI7, { type APIError } from 'openai-7';
import type { RecordingProxy } from '../recording-proxy.js';
import type { WebhookReceiver } from '../webhook-receiver.js';

export interface Story {
  /** Typed as the newer release, whose calls are a superset. */
  readonly client: OpenAI7;
  readonly release: 6 | 7;
  readonly proxy: RecordingProxy;
  readonly receiver: WebhookReceiver;
}

/** An unmodified client of the release; only its address and keys are ours. */
export function officialClient(release: 6 | 7, baseURL: string, apiKey: string, adminAPIKey = apiKey): OpenAI7 {
  const options = { apiKey, adminAPIKey, baseURL };
  return release === 7 ? new OpenAI7(options) : (new OpenAI6(options) as unknown as OpenAI7);
}

/** The error of a promise that must be refused. */
export async function refusal(promise: PromiseLike<unknown>): Promise<APIError> {
  const error: unknown = await Promise.resolve(promise).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof Error && 'status' in error) return error as APIError;
  throw new Error(`expected an APIError, got ${String(error)}`);
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

export const MODEL = 'preheat-1m';
export const EXACT = {
  type: 'string_check' as const,
  name: 'exact',
  input: '{{ sample.output_text }}',
  reference: '{{ item.references[0] }}',
  operation: 'eq' as const,
};
