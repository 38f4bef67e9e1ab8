/**
 * The client. Works wherever `fetch` does (Node 20 and later, browsers) and has no dependencies. Nothing is read from the
 * environment: an address or key that is used is one that the caller wrote.
 */
import { Aliases } from './resources/aliases.js';
import { Chat } from './resources/chat.js';
import { Completions } from './resources/completions.js';
import { Evals } from './resources/evals.js';
import { Files } from './resources/files.js';
import { Graders } from './resources/graders.js';
import { Jobs } from './resources/jobs.js';
import { Models } from './resources/models.js';
import { platformFetch } from './platform-fetch.js';
import { Webhooks } from './resources/webhooks.js';
import { sleep } from './sleep.js';
import { Transport, type TransportSettings } from './transport.js';

/** Where `preheat dev` listens unless told otherwise. */
export const LOCAL_BASE_URL = 'http://127.0.0.1:8787/v1';

const DEFAULT_MAX_RETRIES = 2;
const DEFAULT_TIMEOUT_MS = 600_000;

export interface ClientOptions {
  readonly apiKey: string;
  /** Up to and including `/v1`. */
  readonly baseURL?: string;
  readonly fetch?: typeof fetch;
  /** Attempts after the first, for lost connections and the answers 408, 409, 429 and 5xx. */
  readonly maxRetries?: number;
  /** For one attempt. */
  readonly timeoutMs?: number;
  /** Aborts every call of this client, waits between attempts included. */
  readonly signal?: AbortSignal;
  /** Replaceable for tests: how the client waits, draws jitter and reads the time. */
  readonly sleep?: TransportSettings['sleep'];
  readonly random?: TransportSettings['random'];
  readonly nowMs?: TransportSettings['nowMs'];
}

export class Preheat {
  readonly baseURL: string;
  readonly files: Files;
  readonly jobs: Jobs;
  readonly evals: Evals;
  readonly models: Models;
  readonly aliases: Aliases;
  readonly chat: Chat;
  readonly completions: Completions;
  readonly graders: Graders;
  readonly webhooks: Webhooks;

  constructor(options: ClientOptions) {
    if (options.apiKey === '') throw new TypeError('apiKey is empty: pass the key that the platform was started with');
    this.baseURL = checkedBaseURL(options.baseURL ?? LOCAL_BASE_URL);
    const transport = new Transport({
      apiKey: options.apiKey,
      baseURL: this.baseURL,
      fetch: options.fetch ?? platformFetch,
      maxRetries: options.maxRetries ?? DEFAULT_MAX_RETRIES,
      timeoutMs: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
      sleep: options.sleep ?? sleep,
      random: options.random ?? Math.random,
      nowMs: options.nowMs ?? Date.now,
      signal: options.signal,
    });
    this.files = new Files(transport);
    this.jobs = new Jobs(transport);
    this.evals = new Evals(transport);
    this.models = new Models(transport);
    this.aliases = new Aliases(transport);
    this.chat = new Chat(transport);
    this.completions = new Completions(transport);
    this.graders = new Graders(transport);
    this.webhooks = new Webhooks(transport);
  }
}

function checkedBaseURL(text: string): string {
  if (!URL.canParse(text) || !/^https?:/.test(text)) {
    throw new TypeError(`baseURL is ${JSON.stringify(text)}: expected an http(s) address such as ${LOCAL_BASE_URL}`);
  }
  return text.replace(/\/+$/, '');
}
