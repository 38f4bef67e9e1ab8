/** A buffered text completion: all choices of all prompts in one batch. */
import type { TextCompletion, TextLogProbs } from '@preheat/contracts';
import type { GeneratedRow } from '@preheat/inference';
import { cachedTokensOf, type CompletionHeader, fingerprint, spokenTokens, usageOf } from '../chat/complete-chat.js';
import { CompletionText, untilStops } from '../chat/completion-text.js';
import type { ServedModel } from '../serving/decoder-serving.js';
import type { TextPlan } from './plan-text.js';
import { scorePrompts } from './score-prompts.js';
import { joinedLogProbs, rowLogProbs, TextOffsets } from './text-log-probs.js';

export async function completeText(
  model: ServedModel,
  plan: TextPlan,
  header: CompletionHeader,
  signal: AbortSignal,
): Promise<TextCompletion> {
  const prompts = await scorePrompts(model, plan, signal);
  const rows = await generated(model, plan, signal);
  const choices = rows.map((row, index) => toChoice(row, index, plan, prompts[index] ?? null));
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

async function generated({ decoder }: ServedModel, plan: TextPlan, signal: AbortSignal): Promise<GeneratedRow[]> {
  if (plan.options.maxNewTokens > 0) return decoder.generate(untilStops(plan), { ...plan.options, signal });
  const nothing = { tokens: new Int32Array(0), logProbs: new Float32Array(0), policyVersion: 0 };
  return plan.requests.map(() => ({ ...nothing, finishReason: 'length' }));
}

function toChoice(row: GeneratedRow, index: number, plan: TextPlan, prompt: TextLogProbs | null) {
  const { tokenizer, topLogProbs, echoes } = plan;
  const text = new CompletionText(tokenizer, plan.stops);
  text.push(spokenTokens(row));
  text.finish();
  const echo = echoes[index] ?? '';
  const place = { tokenizer, offsets: new TextOffsets(tokenizer, echo.length) };
  const own = topLogProbs === null ? null : rowLogProbs(row, text.tokenCount, topLogProbs, place);
  const choice: TextCompletion['choices'][number] = {
    index,
    text: echo + text.text,
    finish_reason: text.isStopped ? 'stop' : row.finishReason,
    logprobs: prompt && own ? joinedLogProbs(prompt, own) : own,
  };
  return { choice, taken: text.isStopped ? text.tokenCount : row.tokens.length };
}
