/** The judge over models that this process decodes itself; how a model is opened, and for how long, is the process's. */
import type { Judge, JudgeAnswer, JudgeRequest } from './grader-services.js';
import { flagged, type Outcome, success } from './outcome.js';

/** A model held open. Tokens of a row include the end token when one was drawn. */
export interface JudgeModel {
  readonly contextTokens: number;
  readonly stopIds: readonly number[];
  /** @throws Error for a conversation that the model's chat template does not take. */
  encodePrompt(messages: JudgeRequest['messages']): Int32Array;
  decode(tokens: Int32Array): string;
  generate(
    requests: readonly { readonly tokens: Int32Array; readonly key: string }[],
    options: GenerateSettings,
  ): Promise<
    readonly { readonly tokens: Int32Array; readonly finishReason: 'stop' | 'length'; readonly cachedTokens?: number }[]
  >;
  release(): Promise<void>;
}

interface GenerateSettings {
  readonly maxNewTokens: number;
  readonly temperature: number;
  readonly topP: number;
  readonly seed: number;
  readonly stopIds: readonly number[];
  /** JSON schema that answers are held to, where the model has the tokens to write it. */
  readonly schema: JudgeRequest['schema'];
  readonly signal: AbortSignal;
}

export interface JudgeModels {
  has(projectId: string, model: string): Promise<boolean>;
  /** Null when there is no such model. */
  open(projectId: string, model: string): Promise<JudgeModel | null>;
}

/** Unless the grader says otherwise: a judge that rambles must not stall a step. */
const DEFAULT_MAX_TOKENS = 1024;

export class DecoderJudge implements Judge {
  readonly #models: JudgeModels;

  constructor(models: JudgeModels) {
    this.#models = models;
  }

  has(projectId: string, model: string): Promise<boolean> {
    return this.#models.has(projectId, model);
  }

  async answer(request: JudgeRequest, signal: AbortSignal): Promise<Outcome<JudgeAnswer>> {
    const model = await this.#models.open(request.projectId, request.model);
    if (!model) {
      const message = `The model '${request.model}' does not exist in this project any more.`;
      return flagged('model_grader_server_error', message);
    }
    try {
      return await answerWith(model, request, signal);
    } catch (error) {
      signal.throwIfAborted();
      const message = `The judge failed: ${(error as Error).message}`;
      return flagged('model_grader_server_error', message, { isTransient: true });
    } finally {
      await model.release();
    }
  }
}

async function answerWith(
  model: JudgeModel,
  request: JudgeRequest,
  signal: AbortSignal,
): Promise<Outcome<JudgeAnswer>> {
  const prompt = encoded(model, request);
  if (!prompt.ok) return prompt;
  const tokens = prompt.value;
  const room = model.contextTokens - tokens.length;
  if (room < 1) {
    const message = `The judge holds ${model.contextTokens} tokens; what it is asked has ${tokens.length}.`;
    return flagged('truncated_observation_error', message);
  }
  const { temperature, topP, seed, maxTokens, schema } = request;
  // A nucleus of mass 0 holds the most probable token only, which is greedy decoding.
  const sampling = topP === 0 ? { temperature: 0, topP: 1 } : { temperature, topP };
  const maxNewTokens = Math.min(room, maxTokens ?? DEFAULT_MAX_TOKENS);
  const options = { ...sampling, maxNewTokens, seed, stopIds: model.stopIds, schema, signal };
  const [row] = await model.generate([{ tokens, key: 'judge' }], options);
  if (!row) return flagged('model_grader_server_error', 'The judge gave no row.', { isTransient: true });
  const spoken = row.finishReason === 'stop' ? row.tokens.subarray(0, -1) : row.tokens;
  const usage = {
    prompt_tokens: tokens.length,
    completion_tokens: row.tokens.length,
    total_tokens: tokens.length + row.tokens.length,
    cached_tokens: row.cachedTokens ?? 0,
  };
  return success({ text: model.decode(spoken), finishReason: row.finishReason, usage });
}

function encoded(model: JudgeModel, request: JudgeRequest): Outcome<Int32Array> {
  try {
    return success(model.encodePrompt(request.messages));
  } catch (error) {
    return flagged('model_grader_server_error', `The judge cannot be asked: ${(error as Error).message}`);
  }
}
