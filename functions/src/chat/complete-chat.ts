/** A buffered chat completion: all choices in one batch. */
import type { ChatCompletion, ChatUsage, ModelRecord } from '@preheat/contracts';
import { createHash } from 'node:crypto';
import type { GeneratedRow } from '@preheat/inference';
import type { ServedModel } from '../serving/decoder-serving.js';
import { AnswerReader, readAnswer, type Said } from './answer-reader.js';
import { refuseUnwritable } from './cached-constraint.js';
import { CompletionText, untilStops } from './completion-text.js';
import { toWireLogProbs } from './log-probs.js';
import type { AnswerPlan, CompletionPlan } from './plan-completion.js';

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
  const refuse = (error: unknown) => refuseUnwritable(error, plan.constrainedBy);
  const rows = await model.decoder.generate(untilStops(plan), { ...plan.options, signal }).catch(refuse);
  const choices = rows.map((row, index) => toChoice(row, index, plan, header));
  const completionTokens = choices.reduce((sum, choice) => sum + choice.tokens, 0);
  return {
    ...header,
    object: 'chat.completion',
    choices: choices.map(({ choice }) => choice),
    usage: usageOf(plan, completionTokens, cachedTokensOf(rows)),
    service_tier: 'default',
    system_fingerprint: fingerprint(plan.record),
  };
}

/** By choice, the tokens of its prompt that were not computed again. */
export const cachedTokensOf = (rows: readonly GeneratedRow[]): number[] =>
  rows.map(({ cachedTokens = 0 }) => cachedTokens);

/** @param cachedTokens by choice; those of a prompt count once, as its tokens do. */
export function usageOf(
  { promptTokens, choicesPerPrompt }: Pick<AnswerPlan, 'promptTokens' | 'choicesPerPrompt'>,
  completionTokens: number,
  cachedTokens: readonly number[],
): ChatUsage {
  const firsts = cachedTokens.filter((_, index) => index % choicesPerPrompt === 0);
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
    prompt_tokens_details: { cached_tokens: firsts.reduce((sum, tokens) => sum + tokens, 0) },
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

/** Reads one choice of an answer. */
export const choiceReader = (plan: CompletionPlan, { id }: CompletionHeader, index: number): AnswerReader =>
  new AnswerReader(plan.tools, `${id}-${index}`);

/** A message of calls alone has no content. */
export function assistantMessage({ content, toolCalls }: Said): ChatCompletion['choices'][number]['message'] {
  const role = 'assistant' as const;
  if (toolCalls.length === 0) return { role, content, refusal: null };
  return { role, content: content === '' ? null : content, refusal: null, tool_calls: [...toolCalls] };
}

function toChoice(row: GeneratedRow, index: number, plan: CompletionPlan, header: CompletionHeader) {
  const spoken = spokenTokens(row);
  const text = new CompletionText(plan.tokenizer, plan.stops, plan.kept);
  text.push(spoken);
  text.finish();
  const taken = text.isStopped ? text.tokenCount : row.tokens.length;
  const reader = choiceReader(plan, header, index);
  const said = readAnswer(reader, text.text);
  const choice: ChatCompletion['choices'][number] = {
    index,
    finish_reason: reader.finishReason(text.isStopped ? 'stop' : row.finishReason),
    logprobs: plan.topLogProbs === null ? null : toWireLogProbs(row, text.tokenCount, plan.topLogProbs, plan.tokenizer),
    message: assistantMessage(said),
    ...(plan.returnsTokenIds ? tokenFields(row, taken) : {}),
  };
  return { choice, tokens: taken };
}

/** The first tokens of a row, as they were drawn. */
export function tokenFields(row: GeneratedRow, count: number) {
  return {
    token_ids: Array.from(row.tokens.subarray(0, count)),
    token_logprobs: Array.from(row.logProbs.subarray(0, count)),
  };
}
