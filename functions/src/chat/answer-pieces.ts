/** The choices of a plan as they are decoded, in pieces of text that no later token can change. */
import type { GeneratedRow } from '@preheat/inference';
import type { ServedModel } from '../serving/decoder-serving.js';
import { refuseUnwritable } from './cached-constraint.js';
import { spokenTokens } from './complete-chat.js';
import { CompletionText } from './completion-text.js';
import { merged } from './merged.js';
import type { AnswerPlan } from './plan-completion.js';

export interface AnswerPiece {
  /** Of the choice. */
  readonly index: number;
  readonly text: string;
  /** What was decoded, and how many of its tokens belong to the answer's text; null for text held back until now. */
  readonly decoded: { readonly row: GeneratedRow; readonly tokens: number } | null;
  /** Tokens taken by this piece: those of its text and an end token. */
  readonly taken: number;
  /** Of the choice's last piece. */
  readonly finishReason: GeneratedRow['finishReason'] | null;
}

const CHUNK_TOKENS = 8;

/** Pieces of all choices, each choice in its order; the last of every choice has its reason and no text. */
export function answerPieces(model: ServedModel, plan: AnswerPlan, signal: AbortSignal): AsyncGenerator<AnswerPiece> {
  const left = new AbortController();
  const either = AbortSignal.any([signal, left.signal]);
  return merged(
    plan.requests.map((_, index) => choicePieces(model, plan, index, either)),
    () => left.abort(new Error('nobody takes the answer any more')),
  );
}

async function* choicePieces(
  { decoder }: ServedModel,
  plan: AnswerPlan,
  index: number,
  signal: AbortSignal,
): AsyncGenerator<AnswerPiece> {
  const request = plan.requests[index];
  if (!request) throw new RangeError(`the plan has no choice ${index}`);
  const text = new CompletionText(plan.tokenizer, plan.stops, plan.kept);
  const withoutTokens = { index, decoded: null, taken: 0 };
  let finishReason: GeneratedRow['finishReason'] = 'length';
  try {
    for await (const row of decoder.stream(request, { ...plan.options, signal, chunkTokens: CHUNK_TOKENS })) {
      const before = text.tokenCount;
      const content = text.push(spokenTokens(row));
      const tokens = text.tokenCount - before;
      const taken = text.isStopped ? tokens : row.tokens.length;
      yield { index, text: content, decoded: { row, tokens }, taken, finishReason: null };
      finishReason = text.isStopped ? 'stop' : row.finishReason;
      if (text.isStopped) break;
    }
  } catch (error) {
    refuseUnwritable(error, plan.constrainedBy);
  }
  const rest = text.finish();
  if (rest !== '') yield { ...withoutTokens, text: rest, finishReason: null };
  yield { ...withoutTokens, text: '', finishReason };
}
