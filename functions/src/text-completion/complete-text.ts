/** A buffered text completion: all choices of all prompts in one batch. */
import type { TextCompletion } from '@preheat/contracts';
import type { GeneratedRow } from '@preheat/inference';
import { cachedTokensOf, type CompletionHeader, fingerprint, spokenTokens, usageOf } from '../chat/complete-chat.js';
import { CompletionText, untilStops } from '../chat/completion-text.js';
import type { ServedModel } from '../serving/decoder-serving.js';
import type { TextPlan } from './plan-text.js';
import { TextOffsets, toTextLogProbs } from './text-log-probs.js';

export async function completeText(
  model: ServedModel,
  plan: TextPlan,
  header: CompletionHeader,
  signal: AbortSignal,
): Promise<TextCompletion> {
  const rows = await model.decoder.generate(untilStops(plan), { ...plan.options, signal });
  const choices = rows.map((row, index) => toChoice(row, index, plan));
  return {
    ...header,
    object: 'text_completion',
    choices: choices.map(({ choice }) => choice),
    usage: usageOf(
      plan,
      choices.reduce((sum, { taken }) => sum + taken, 0),
      cachedTokensOf(rows),
    ),
    system_fingerprint: fingerprint(plan.record),
  };
}

function toChoice(row: GeneratedRow, index: number, plan: TextPlan) {
  const { tokenizer, topLogProbs, echoes } = plan;
  const text = new CompletionText(tokenizer, plan.stops);
  text.push(spokenTokens(row));
  text.finish();
  const echo = echoes[index] ?? '';
  const place = { tokenizer, offsets: new TextOffsets(tokenizer, echo.length) };
  const choice: TextCompletion['choices'][number] = {
    index,
    text: echo + text.text,
    finish_reason: text.isStopped ? 'stop' : row.finishReason,
    logprobs: topLogProbs === null ? null : toTextLogProbs(row, text.tokenCount, topLogProbs, place),
  };
  return { choice, taken: text.isStopped ? text.tokenCount : row.tokens.length };
}
