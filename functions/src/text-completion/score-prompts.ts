/** Log-probabilities of the tokens of prompts: what evaluation harnesses compare texts by. */
import type { TextLogProbs } from '@preheat/contracts';
import type { ServedModel } from '../serving/decoder-serving.js';
import type { TextPlan } from './plan-text.js';
import { TextOffsets, toTextLogProbs } from './text-log-probs.js';

/** By choice, what is said of the tokens of its prompt; null where nothing is asked of them. */
export type PromptLogProbs = readonly (TextLogProbs | null)[];

/** All prompts in one go, each once for all its choices. */
export async function scorePrompts(
  { decoder }: ServedModel,
  { requests, choicesPerPrompt, tokenizer, topLogProbs, isEchoed }: TextPlan,
  signal: AbortSignal,
): Promise<PromptLogProbs> {
  if (topLogProbs === null || !isEchoed) return requests.map(() => null);
  const prompts = requests.flatMap(({ tokens }, index) =>
    index % choicesPerPrompt === 0 ? [Int32Array.from(tokens)] : [],
  );
  // A single token has nothing before it that tells how probable it is.
  const rows = prompts.flatMap((tokens) => (tokens.length > 1 ? [{ tokens, from: 1 }] : []));
  const scored = rows.length > 0 ? await decoder.score(rows, { topLogProbs: Math.max(1, topLogProbs), signal }) : [];
  const byTokens = new Map(rows.map(({ tokens }, index) => [tokens, scored[index]?.alternatives ?? []]));
  return prompts.flatMap((tokens) => {
    const place = { tokenizer, offsets: new TextOffsets(tokenizer, 0) };
    const said = toTextLogProbs(tokens, [null, ...(byTokens.get(tokens) ?? [])], topLogProbs, place);
    return new Array<TextLogProbs>(choicesPerPrompt).fill(said);
  });
}
