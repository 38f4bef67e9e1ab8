/** What a grader reads of a completion: its text, the calls in it where its row lists functions, and both as a choice. */
import { answeredSample, type GraderSample } from '@preheat/graders';
import { callableFunctions } from '@preheat/contracts';
import { readCalls, type Tokenizer } from '@preheat/tokenizer';
import type { RolloutSample, TrainingRow } from '../recipe.js';

export function answerSample(
  tokenizer: Tokenizer,
  row: TrainingRow,
  { tokens, finishReason }: Pick<RolloutSample, 'tokens' | 'finishReason'>,
): GraderSample {
  return answeredSample({ ...readCalls(tokenizer, tokens, callableFunctions(row)), finishReason });
}
