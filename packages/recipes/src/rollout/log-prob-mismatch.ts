/** How far trainer and sampler are apart on completions that no update computed. */
import { completionRecord, type PolicyGradientSpec, type Trainer } from '@preheat/nn';
import { isDrawn, scoringTemperature } from './answer-segments.js';
import { type Completion, sampledCompletion } from './collect.js';

/** Enough to see two programs that disagree, and little beside the sampling. */
const MOST_ROWS = 8;

/** The largest difference of the log-probability of a sampled token, over a few completions spread over the batch. */
export async function logProbMismatch(
  trainer: Trainer,
  completions: readonly Completion[],
  temperature: PolicyGradientSpec['temperature'],
): Promise<number> {
  const stride = Math.ceil(completions.length / MOST_ROWS);
  const measured = completions.filter((_, row) => row % stride === 0);
  const records = measured.map((completion) => completionRecord(sampledCompletion(completion), 0));
  const found = await trainer.logProbs(
    records.map(({ tokens }) => tokens),
    scoringTemperature(records, temperature),
    { firsts: measured.map(({ prompt }) => prompt.length) },
  );
  const differences = measured.flatMap(({ prompt, sample }, row) =>
    Array.from(sample.logProbs, (logProb, t) =>
      isDrawn(sample, t) ? Math.abs(logProb - (found[row]?.[prompt.length + t] ?? Number.NaN)) : 0,
    ),
  );
  return differences.reduce((most, difference) => Math.max(most, difference), 0);
}
