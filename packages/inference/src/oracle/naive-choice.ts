/** Choosing tokens written as plainly as possible in float64, a row at a time: the oracle of the graphs' filters. */
import type { TensorMap } from '@preheat/checkpoints';
import type { DecoderConfig } from '@preheat/contracts';
import type { GenerateOptions, WatchedOptions } from '../generation-types.js';
import { rowStream, rowUniforms } from '../row-uniforms.js';
import { logSoftmax, naiveLogits } from './naive-llama.js';

export interface NaiveRow {
  readonly tokens: number[];
  readonly logProbs: number[];
  readonly finishReason: 'stop' | 'length';
}

/** @param drawn Tokens of the row before these, of which `prompt` has the end. */
export function naiveRow(
  config: DecoderConfig,
  tensors: TensorMap,
  prompt: readonly number[],
  key: string,
  options: WatchedOptions,
  drawn = 0,
): NaiveRow {
  const uniforms = rowUniforms(rowStream(options.seed, key), drawn, options.maxNewTokens);
  const row: NaiveRow & { finishReason: 'stop' | 'length' } = { tokens: [], logProbs: [], finishReason: 'length' };
  for (const uniform of uniforms) {
    const logits = naiveLogits(config, tensors, [...prompt, ...row.tokens]).at(-1) as number[];
    const { token, logProb } = choose(adjusted(logits, prompt, row.tokens, options), uniform, options);
    row.tokens.push(token);
    row.logProbs.push(logProb);
    if (options.stopIds?.includes(token)) return { ...row, finishReason: 'stop' };
  }
  return row;
}

function adjusted(logits: number[], prompt: readonly number[], answer: readonly number[], options: GenerateOptions) {
  const { presencePenalty = 0, frequencyPenalty = 0, repetitionPenalty = 1, logitBias = {} } = options;
  return logits.map((logit, token) => {
    const count = answer.filter((each) => each === token).length;
    const isSeen = count > 0 || prompt.includes(token);
    const factor = isSeen ? repetitionPenalty : 1;
    const repeated = logit > 0 ? logit / factor : logit * factor;
    return repeated - (count > 0 ? presencePenalty : 0) - count * frequencyPenalty + (logitBias[token] ?? 0);
  });
}

function choose(logits: number[], uniform: number, options: WatchedOptions) {
  const { temperature = 1, topK, topP = 1, untruncatedLogProbs = false } = options;
  const logProbs = logSoftmax(logits, temperature === 0 ? 1 : temperature);
  const ranked = logProbs.map((logProb, token) => ({ token, p: Math.exp(logProb) })).sort((a, b) => b.p - a.p);
  const best = ranked[0] as (typeof ranked)[number];
  if (temperature === 0) return { token: best.token, logProb: Math.log(best.p) };
  const among = ranked.slice(0, topK ?? ranked.length);
  const mass = among.reduce((sum, { p }) => sum + p, 0);
  let before = 0;
  const kept = among.filter(({ p }) => {
    const isKept = before < topP * mass;
    before += p;
    return isKept;
  });
  const total = kept.reduce((sum, { p }) => sum + p, 0);
  let cumulative = 0;
  for (const { token, p } of kept.sort((a, b) => a.token - b.token)) {
    cumulative += p;
    if (cumulative > uniform * total) return { token, logProb: Math.log(untruncatedLogProbs ? p : p / total) };
  }
  throw new Error('a uniform below 1 always draws a token');
}
