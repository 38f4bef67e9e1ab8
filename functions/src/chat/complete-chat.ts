/** A buffered chat completion: all choices in one batch. */
import type { ChatCompletion, ChatUsage, ModelRecord } from '@preheat/contracts';
import { createHash } from 'node:crypto';
import type { GeneratedRow } from '@preheat/inference';
import type { ServedModel } from '../serving/decoder-serving.js';
import { CompletionText } from './completion-text.js';
import { toWireLogProbs } from './log-probs.js';
import type { CompletionPlan } from './plan-completion.js';
import { refuseFormat } from './response-format.js';

/** What answers of one request have in common. */
export interface CompletionHeader {
  readonly id: string;
  readonly created: number;
  readonly model: string;
}

export async function completeChat(
  model: ServedModel,
  plan: CompletionPlan,
  header: CompletionHeader,
  signal: AbortSignal,
): Promise<ChatCompletion> {
  const rows = await model.decoder.generate(plan.requests, { ...plan.options, signal }).catch(refuseFormat);
  const choices = rows.map((row, index) => toChoice(row, index, plan));
  const completionTokens = choices.reduce((sum, choice) => sum + choice.tokens, 0);
  return {
    ...header,
    object: 'chat.completion',
    choices: choices.map(({ choice }) => choice),
    usage: usageOf(plan.promptTokens, completionTokens),
    service_tier: 'default',
    system_fingerprint: fingerprint(plan.record),
  };
}

export function usageOf(promptTokens: number, completionTokens: number): ChatUsage {
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
    prompt_tokens_details: { cached_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: 0 },
  };
}

/** Changes whenever the weights behind a name do. */
export function fingerprint(record: ModelRecord): string {
  return `fp_${createHash('sha256').update(record.prefix).digest('hex').slice(0, 12)}`;
}

/** Tokens of the answer itself: the end token is taken, but has no text. */
export function spokenTokens(row: GeneratedRow): Int32Array {
  return row.finishReason === 'stop' ? row.tokens.subarray(0, -1) : row.tokens;
}

function toChoice(row: GeneratedRow, index: number, plan: CompletionPlan) {
  const spoken = spokenTokens(row);
  const text = new CompletionText(plan.tokenizer, plan.stops);
  text.push(spoken);
  text.finish();
  const taken = text.isStopped ? text.tokenCount : row.tokens.length;
  const choice: ChatCompletion['choices'][number] = {
    index,
    finish_reason: text.isStopped ? 'stop' : row.finishReason,
    logprobs: plan.topLogProbs === null ? null : toWireLogProbs(row, text.tokenCount, plan.topLogProbs, plan.tokenizer),
    message: { role: 'assistant', content: text.text, refusal: null },
    ...(plan.returnsTokenIds ? tokenFields(row, taken) : {}),
  };
  return { choice, tokens: taken };
}

function tokenFields(row: GeneratedRow, count: number) {
  return {
    token_ids: Array.from(row.tokens.subarray(0, count)),
    token_logprobs: Array.from(row.logProbs.subarray(0, count)),
  };
}
