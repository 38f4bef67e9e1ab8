/** Generation of many rows at once, in the order they were asked for; those of a request that is forked are next to each other. */
import type { DecoderConfig } from '@preheat/contracts';
import { rowsOfEach } from './answer-segments.js';
import { checkOptions, checkRequests } from './check-generation.js';
import type { DecodeEngine } from './decode-engine.js';
import { DecodingRow } from './decoding-row.js';
import { giveUpWhenAborted } from './give-up-when-aborted.js';
import type { GeneratedRow, GenerateRequest, WatchedFinishReason, WatchedOptions } from './generation-types.js';

/**
 * Rows of one adapter, and of these such of similar prompts, are given to the engine together, so that they share padding and prompts.
 * @throws RangeError for requests or options outside the model's limits, NonFiniteLogitsError for broken weights, and
 *   the signal's reason when aborted. The first failure gives up the other rows.
 */
export async function generateRows(
  config: DecoderConfig,
  engine: DecodeEngine,
  requests: readonly GenerateRequest[],
  options: WatchedOptions,
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
    const count = rowsOfEach(options.segments);
    return (await Promise.all(rows.map((row) => resultsOf(row, count)))).flat();
  } catch (error) {
    for (const row of rows) row.giveUp(error);
    throw error;
  } finally {
    ignoreSignal();
  }
}

/** What came of a row: of its forks, or of itself as many times. */
async function resultsOf(row: DecodingRow, count: number): Promise<GeneratedRow<WatchedFinishReason>[]> {
  const own = await row.result;
  if (row.forks.length > 0) return Promise.all(row.forks.map(({ result }) => result));
  return Array.from({ length: count }, () => own);
}
