/** From a text completion request to what the decoder needs, with every limit checked before the model is loaded. */
import { ApiError, REFUSED_TEXT_FIELDS, type TextCompletionRequest } from '@preheat/contracts';
import type { ModelDescription } from '@preheat/inference/model-registry';
import {
  type AnswerPlan,
  generateOptions,
  refuseLength,
  refuseOverlong,
  stopSequences,
} from '../chat/plan-completion.js';

export interface TextPlan extends AnswerPlan {
  /** What the text of each choice begins with. */
  readonly echoes: readonly string[];
  /** Whether the prompt is part of the answer. */
  readonly isEchoed: boolean;
}

/** OpenAI's. */
const DEFAULT_MAX_TOKENS = 16;
const MAX_CHOICES = 1024;
/** Of prompts whose log-probabilities are asked for, once a choice: an answer of some ten megabytes. */
const MAX_SCORED_TOKENS = 2 ** 16;

/** @throws ApiError `context_length_exceeded` or `invalid_request`. */
export function planText(model: ModelDescription, request: TextCompletionRequest, seed: number): TextPlan {
  const { tokenizer, config, record } = model;
  const choices = request.n ?? 1;
  const asked = promptsOf(request.prompt);
  for (const prompt of asked) if (typeof prompt === 'string') refuseOverlong(model, prompt.length, 'prompt');
  const prompts = asked.map((prompt) => encoded(model, prompt));
  if (prompts.length * choices > MAX_CHOICES) {
    const message = `One request may ask for ${MAX_CHOICES} choices; ${prompts.length} prompts with n=${choices} are more.`;
    throw new ApiError('invalid_request', message, { param: 'n' });
  }
  const maxNewTokens = request.max_tokens ?? DEFAULT_MAX_TOKENS;
  const context = config.max_position_embeddings;
  const tooLong = prompts.find(({ length }) => length + maxNewTokens > context);
  if (tooLong) refuseLength(context, tooLong.length, maxNewTokens, tooLong.length < context ? 'max_tokens' : 'prompt');
  const topLogProbs = request.logprobs ?? null;
  const promptTokens = prompts.reduce((sum, { length }) => sum + length, 0);
  const isEchoed = request.echo ?? false;
  if (isEchoed && topLogProbs !== null) refuseManyScored(promptTokens * choices);
  return {
    record,
    tokenizer,
    requests: prompts.flatMap((tokens, prompt) =>
      Array.from({ length: choices }, (_, choice) => ({ tokens, key: `prompt-${prompt}-choice-${choice}` })),
    ),
    choicesPerPrompt: choices,
    promptTokens,
    stops: stopSequences(request.stop),
    options: { maxNewTokens, ...generateOptions(model, request, topLogProbs, seed) },
    topLogProbs,
    isEchoed,
    echoes: prompts.flatMap((tokens) => {
      const text = isEchoed ? tokenizer.decode(tokens, { skipSpecialTokens: true }) : '';
      return new Array<string>(choices).fill(text);
    }),
  };
}

function refuseManyScored(tokens: number): void {
  if (tokens <= MAX_SCORED_TOKENS) return;
  const message = `One request may ask for the log-probabilities of ${MAX_SCORED_TOKENS} tokens of prompts; these have ${tokens}, counted once a choice. Send fewer prompts at a time.`;
  throw new ApiError('invalid_request', message, { param: 'prompt' });
}

/** @throws ApiError `unsupported_parameter` for what would change the answer and is not served. */
export function refuseUnservedTextFields(body: unknown): void {
  const fields = (body ?? {}) as Record<string, unknown>;
  for (const name of REFUSED_TEXT_FIELDS) {
    const value = fields[name];
    const isNeutral = name === 'best_of' ? value === (fields['n'] ?? 1) : value === '';
    if (value === undefined || value === null || isNeutral) continue;
    throw new ApiError('unsupported_parameter', `'${name}' is not served; leave it out.`, { param: name });
  }
}

type Prompt = string | readonly number[];

function promptsOf(prompt: TextCompletionRequest['prompt']): Prompt[] {
  if (typeof prompt === 'string') return [prompt];
  return prompt.every((item) => typeof item === 'number')
    ? [prompt]
    : prompt.filter((item) => typeof item !== 'number');
}

/** As transformers does with plain text: behind the token that begins a sequence, where the model has one. */
function encoded({ tokenizer, config }: ModelDescription, prompt: Prompt): Int32Array {
  if (typeof prompt === 'string') {
    const { bos } = tokenizer.specialIds;
    const tokens = [...(bos === null ? [] : [bos]), ...tokenizer.encode(prompt)];
    if (tokens.length > 0) return Int32Array.from(tokens);
    throw new ApiError('invalid_request', 'An empty prompt needs a model with a beginning token.', { param: 'prompt' });
  }
  const foreign = prompt.find((id) => id >= config.vocab_size);
  if (foreign === undefined) return Int32Array.from(prompt);
  const message = `The model's token ids go from 0 to ${config.vocab_size - 1}, got ${foreign}.`;
  throw new ApiError('invalid_request', message, { param: 'prompt' });
}
