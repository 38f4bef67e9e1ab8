/** What is graded: the answer a row brought, or those a model gives to it. Whatever a row lacks is its own error. */
import { ChatRequestMessage, check, endTokenIds, type EvalRow, type ModelSample } from '@preheat/contracts';
import type { GraderSample } from '@preheat/graders';
import type { GeneratedRow } from '@preheat/inference';
import { TokenizerError } from '@preheat/tokenizer';
import Type from 'typebox';
import { AnswerReader, readAnswer } from '../chat/answer-reader.js';
import { refuseUnwritable } from '../chat/cached-constraint.js';
import { assistantMessage } from '../chat/complete-chat.js';
import { promptTokens } from '../chat/plan-completion.js';
import type { ToolPlan } from '../chat/plan-tools.js';
import type { ServedModel } from '../serving/decoder-serving.js';
import { type Conversation, type MessageSource, plainMessages } from './run-messages.js';
import { planAnswers, type Sampling } from './run-sampling.js';

/** What an item is answered with: a model of the platform, or the sample that came with the item. */
export type Answerer =
  | { readonly kind: 'given' }
  | { readonly kind: 'model'; readonly model: ServedModel; readonly name: string; readonly messages: MessageSource };

export interface Answer {
  readonly input: Conversation;
  readonly sample: GraderSample;
  readonly finishReason: string;
  readonly model: string;
  readonly usage: ModelSample['usage'];
  readonly error: { code: string; message: string } | null;
}

const NO_USAGE = { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0, cached_tokens: 0 };

export function failedAnswer(code: string, message: string, input: Conversation = []): Answer {
  return { input, sample: {}, finishReason: 'error', model: '', usage: NO_USAGE, error: { code, message } };
}

const Messages = Type.Array(ChatRequestMessage);
const Counts = Type.Record(Type.String(), Type.Integer({ minimum: 0 }));

/** The row's own sample; what it says of its making is told as far as it fits. */
export function givenAnswer({ sample }: EvalRow): Answer {
  const { output_text, input, finish_reason, model, usage, ...rest } = sample ?? {};
  const messages = check(Messages, input);
  const counts = check(Counts, usage);
  return {
    input: messages.ok ? plainMessages(messages.value) : [],
    sample: typeof output_text === 'string' ? { ...rest, output_text } : rest,
    finishReason: typeof finish_reason === 'string' ? finish_reason : 'stop',
    model: typeof model === 'string' ? model : '',
    usage: counts.ok ? { ...NO_USAGE, ...pick(counts.value, Object.keys(NO_USAGE)) } : NO_USAGE,
    error: null,
  };
}

const pick = (counts: Readonly<Record<string, number>>, keys: readonly string[]) =>
  Object.fromEntries(keys.flatMap((key) => (counts[key] === undefined ? [] : [[key, counts[key]]])));

type Prepared = { readonly input: Conversation; readonly tokens: Int32Array } | { readonly failed: Answer };

export interface AnswerRequest {
  readonly row: EvalRow;
  /** Names the random numbers of each answer: a run that goes on draws the same ones. */
  readonly keys: readonly string[];
}

/** For each request one answer a key. @throws ApiError where the model cannot write what answers are held to. */
export async function generatedAnswers(
  { model, name, messages }: Extract<Answerer, { kind: 'model' }>,
  requests: readonly AnswerRequest[],
  sampling: Sampling,
  signal: AbortSignal,
): Promise<Answer[][]> {
  const context = model.config.max_position_embeddings;
  const { tools, options: constraint } = planAnswers(model, sampling.constraining);
  const asking = { model, messages, tools, reserved: sampling.maxCompletionTokens ?? 1 };
  const prepared = requests.map(({ row }) => prepare(row, asking));
  // An answer has the room that its own prompt leaves: which rows come with it in a batch is a matter of time.
  const roomFor = (tokens: Int32Array) => sampling.maxCompletionTokens ?? context - tokens.length;
  const prompts = prepared.flatMap((item, i) => {
    if (!('tokens' in item)) return [];
    const { tokens } = item;
    return (requests[i]?.keys ?? []).map((key) => ({ tokens, key, options: { maxNewTokens: roomFor(tokens) } }));
  });
  const { temperature, topP, seed } = sampling;
  const options = {
    maxNewTokens: context,
    temperature,
    topP,
    seed,
    signal,
    stopIds: endTokenIds(model.config),
    ...constraint,
  };
  const { fields } = sampling.constraining;
  const refuse = (error: unknown) => refuseUnwritable(error, tools ? fields.tools : fields.format);
  const rows = prompts.length === 0 ? [] : await model.decoder.generate(prompts, options).catch(refuse);
  const generated = rows.values();
  return prepared.map((item, i) =>
    (requests[i]?.keys ?? []).map((key) => {
      if ('failed' in item) return item.failed;
      const row = generated.next().value;
      if (!row) throw new Error('the decoder gave fewer rows than requests');
      return toAnswer(item, row, { model, name, tools, key });
    }),
  );
}

function toAnswer(
  { input, tokens }: { input: Conversation; tokens: Int32Array },
  row: Pick<GeneratedRow, 'tokens' | 'finishReason' | 'cachedTokens'>,
  { model, name, tools, key }: { model: ServedModel; name: string; tools: ToolPlan | null; key: string },
): Answer {
  const spoken = row.finishReason === 'stop' ? row.tokens.subarray(0, -1) : row.tokens;
  const reader = new AnswerReader(tools, key);
  const text = model.tokenizer.decode(spoken, { skipSpecialTokens: true, kept: tools?.markers.ids ?? [] });
  const said = readAnswer(reader, text);
  const finish_reason = reader.finishReason(row.finishReason);
  const counts = {
    prompt_tokens: tokens.length,
    completion_tokens: row.tokens.length,
    cached_tokens: row.cachedTokens ?? 0,
  };
  return {
    input,
    sample: {
      output_text: said.content,
      ...(said.toolCalls.length > 0 ? { output_tools: said.toolCalls } : {}),
      choices: [{ index: 0, message: assistantMessage(said), finish_reason }],
    },
    finishReason: finish_reason,
    model: name,
    usage: { ...counts, total_tokens: tokens.length + row.tokens.length },
    error: null,
  };
}

interface Asking {
  readonly model: ServedModel;
  readonly messages: MessageSource;
  readonly tools: ToolPlan | null;
  /** Tokens kept free for the answer. */
  readonly reserved: number;
}

function prepare(row: EvalRow, { model, messages, tools, reserved }: Asking): Prepared {
  const rendered = messages.render(row);
  if (!rendered.ok) return { failed: failedAnswer('invalid_item', rendered.message) };
  try {
    const tokens = promptTokens(model.tokenizer, rendered.messages, tools);
    const context = model.config.max_position_embeddings;
    if (tokens.length + reserved <= context) return { input: rendered.messages, tokens };
    const message = `The model holds ${context} tokens; the prompt has ${tokens.length}, the answer may take ${reserved}.`;
    return { failed: failedAnswer('context_length_exceeded', message, rendered.messages) };
  } catch (error) {
    if (!(error instanceof TokenizerError)) throw error;
    return { failed: failedAnswer('invalid_item', error.message, rendered.messages) };
  }
}
