/** The documents that follow from the code: openapi.json from the routes, docs/errors.md from the error table. */
import { MemoryObjectStore, MemoryWorkQueue } from '@preheat/adapters/memory';
import { SystemIds, systemClock } from '@preheat/adapters/system';
import { ERRORS, type ErrorRule } from '@preheat/contracts';
import { GraderPool } from '@preheat/graders';
import { ModelRegistry } from '@preheat/inference/model-registry';
import { JobStore } from '@preheat/jobs';
import type { JsonValue, Log } from '@preheat/ports';
import { createApp } from './app.js';
import { openapiDocument } from './plugins/openapi.js';
import { DecoderServing } from './serving/decoder-serving.js';

/** `functions/openapi.json`, as it is committed. */
export async function openapiJson(): Promise<string> {
  const app = await appWithoutState();
  await app.ready();
  const document = openapiDocument(app);
  await app.close();
  return `${JSON.stringify(document, null, 2)}\n`;
}

/** `docs/errors.md`, as it is committed. */
export function errorsMarkdown(): string {
  const rules = Object.entries(ERRORS) as [string, ErrorRule][];
  const rows = rules.map(([code, { status, type, retryable, title, remedy }]) => {
    const cells = [`\`${code}\``, String(status), `\`${type}\``, retryable ? 'yes' : 'no', title, remedy];
    return `| ${cells.join(' | ')} |`;
  });
  return [...ERRORS_HEAD, ...rows, ''].join('\n');
}

const ERRORS_HEAD = [
  '# Errors',
  '',
  '<!-- Generated from packages/contracts/src/errors.ts by `npm run documents -w functions`: do not edit. -->',
  '',
  'Every failed request is answered with `{"error": {"message", "type", "param", "code"}}`; all four keys are always there.',
  '`message` says what was wrong with this request, `param` is the dotted path of the field at fault (or null), and `code` is',
  'one of the table. A job or an evaluation run that fails later carries the same codes in its own `error`.',
  '',
  'Official clients retry by themselves what is marked as retryable, after the `retry-after` of the answer. They would retry a',
  '409 too: one that says that something is in use carries `x-should-retry: false`, which they heed.',
  '',
  '| code | status | type | retryable | what happened | what to do |',
  '|---|---|---|---|---|---|',
];

/** Routes are described by their schemas alone, so any platform will do. */
function appWithoutState() {
  const clock = systemClock;
  const ids = new SystemIds({ clock });
  const store = new MemoryObjectStore({ clock });
  const queue = new MemoryWorkQueue<JsonValue>({ clock });
  const models = new ModelRegistry(store);
  const log = silence();
  return createApp(
    {
      store,
      evaluationQueue: queue,
      clock,
      ids,
      log,
      jobs: new JobStore({ store, queue, clock, ids, log }),
      models,
      openGraders: async () => new GraderPool({ services: {}, clock }),
      decoders: new DecoderServing(models, { budgetBytes: 1, workers: 0, clock }),
      sendWebhook: () => Promise.resolve({ kind: 'failed', reason: 'only described here' }),
    },
    { apiKeys: [] },
    { isDescribed: true },
  );
}

function silence(): Log {
  const nothing = (): void => undefined;
  const log: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing, child: () => log };
  return log;
}
