/** Generation of many rows at once, in the order they were asked for. */
import type { DecoderConfig } from '@preheat/contracts';
import { checkOptions, checkRequests } from './check-generation.js';
import type { DecodeEngine } from './decode-engine.js';
import { DecodingRow } from './decoding-row.js';
import { giveUpWhenAborted } from './give-up-when-aborted.js';
import type {
  GeneratedRow,
  GenerateOptions,
  GenerateRequest,
  WatchedFinishReason,
  WatchedOptions,
} from './generation-types.js';

/**
 * Rows of one adapter, and of these such of similar prompts, are given to the engine together, so that they share padding and prompts.
 * @throws RangeError for requests or options outside the model's limits, NonFiniteLogitsError for broken weights, and
 *   the signal's reason when aborted. The first failure gives up the other rows.
 */
export async function generateRows(
  config: DecoderConfig,
  engine: DecodeEngine,
  requests: readonly GenerateRequest[],
  options: GenerateOptions | WatchedOptions,
): Promise<GeneratedRow<WatchedFinishReason>[]> {
  checkOptions(config, options);
  checkRequests(config, requests, options);
  const rows = requests.map((request) => new DecodingRow(config, request, options));
  const keys = new Map(rows.map((row) => [row, row.prompt.join()]));
  const adapterOf = ({ adapter }: DecodingRow): string => adapter ?? '';
  const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
  const byPrompt = [...rows].sort(
    (a, b) =>
      compare(adapterOf(a), adapterOf(b)) ||
      b.prompt.length - a.prompt.length ||
      compare(keys.get(a) ?? '', keys.get(b) ?? ''),
  );
  const ignoreSignal = giveUpWhenAborted(rows, options.signal);
  engine.submit(byPrompt);
  try {
    return await Promise.all(rows.map(({ result }) => result));
  } catch (error) {
    for (const row of rows) if (!row.isOver) row.fail(error);
    throw error;
  } finally {
    ignoreSignal();
  }
}
