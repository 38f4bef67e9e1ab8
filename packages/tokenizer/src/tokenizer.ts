/**
 * A loaded tokenizer: ids, chat rendering and the loss mask of conversations. Everything is derived from the two files
 * a Hugging Face checkpoint carries, so a model trained here reads the same text elsewhere.
 */
import { type ChatMessage, checkTools, refuseControlTokens, templateMessages } from './chat-message.js';
import { chatTemplate, type RenderOptions, type RenderTemplate } from './chat-template.js';
import {
  type BegunTurn,
  type EncodedChat,
  encodeBegunConversation,
  encodeConversation,
  encodeConversationPrompt,
  type RenderPrefix,
} from './encoded-chat.js';
import { withinRows } from './rows-of-tokens.js';
import { type ToolCallForm, toolCallForm } from './tool-call-form.js';
import { TokenizerError } from './tokenizer-error.js';
import { chatTemplateSources, DEFAULT_TEMPLATE, namedTokens, type TokenizerFiles } from './tokenizer-files.js';
import { Vocabulary } from './vocabulary.js';

const TOOL_TEMPLATE = 'tool_use';

export interface SpecialIds {
  readonly bos: number | null;
  readonly eos: number | null;
  readonly pad: number | null;
}

export interface DecodeOptions {
  /** Leaves control tokens out. Default false. */
  readonly skipSpecialTokens?: boolean;
  /** Ids that are not left out. */
  readonly kept?: readonly number[];
}

export interface Tokenizer {
  /** One more than the largest id. */
  readonly vocabSize: number;
  readonly specialIds: SpecialIds;
  /** Whether conversations can be written at all. */
  readonly hasChatTemplate: boolean;
  /** Ids without any added beginning or end token. */
  encode(text: string): Int32Array;
  /** @throws {TokenizerError} `unknown_token_id`. */
  decode(ids: ArrayLike<number>, options?: DecodeOptions): string;
  /** @throws {TokenizerError} `unknown_token_id`. */
  idToToken(id: number): string;
  /** The bytes that a token adds to any text; null for control tokens, and where neighbours decide. @throws {TokenizerError} `unknown_token_id`. */
  tokenBytes(id: number): Uint8Array | null;
  /** Null when the vocabulary has no such token. */
  tokenToId(token: string): number | null;
  /** The conversation as text. @throws {TokenizerError} naming the message or the template's own complaint. */
  renderChat(messages: readonly ChatMessage[], options?: RenderOptions): string;
  /** Tokens, loss mask and assistant spans of a training conversation. @throws {TokenizerError} as `renderChat`. */
  encodeChat(messages: readonly ChatMessage[], options?: Pick<RenderOptions, 'tools'>): EncodedChat;
  /**
   * Tokens to generate the next assistant turn from. Property: `encodePrompt(messages.slice(0, k))` is a prefix of
   * `encodeChat(messages).tokens` wherever `messages[k]` is an assistant message.
   */
  encodePrompt(messages: readonly ChatMessage[], options?: Pick<RenderOptions, 'tools'>): Int32Array;
  /**
   * As `encodePrompt`, and what the next assistant turn begins with. @param name Of the beginning, for who reads the error.
   * @throws {TokenizerError} as `renderChat`; `control_token_in_content` also for the beginning.
   */
  encodeBegun(
    messages: readonly ChatMessage[],
    beginning: { readonly text: string; readonly name: string },
    options?: Pick<RenderOptions, 'tools'>,
  ): BegunTurn;
  /** How the model calls functions. @throws {TokenizerError} `tools_not_supported`, `no_chat_template`. */
  toolCallForm(): ToolCallForm;
}

export interface TokenizerOptions {
  /**
   * Rows of the model's embedding. Models often have more of them than the tokenizer has ids, and may sample any: such an
   * id decodes to nothing. Added tokens that have no row are left out. Default: the tokenizer's own number.
   */
  readonly modelVocabSize?: number;
}

/** @throws {TokenizerError} `invalid_tokenizer`, or `template_failed` when a chat template cannot be parsed. */
export function loadTokenizer(given: TokenizerFiles, { modelVocabSize }: TokenizerOptions = {}): Tokenizer {
  const files = modelVocabSize === undefined ? given : withinRows(given, modelVocabSize);
  const vocabulary = new Vocabulary(files, modelVocabSize ?? 0);
  const named = namedTokens(files.tokenizerConfig);
  const templates = new Map(
    [...chatTemplateSources(files.tokenizerConfig)].map(([name, source]) => [name, chatTemplate(source, named)]),
  );
  const idOf = (token: string | undefined) => (token === undefined ? null : vocabulary.tokenToId(token));
  return {
    vocabSize: vocabulary.size,
    specialIds: { bos: idOf(named.bos_token), eos: idOf(named.eos_token), pad: idOf(named.pad_token) },
    hasChatTemplate: templates.size > 0,
    encode: (text) => vocabulary.encode(text),
    decode: (ids, { skipSpecialTokens = false, kept } = {}) => vocabulary.decode(ids, skipSpecialTokens, kept),
    idToToken: (id) => vocabulary.idToToken(id),
    tokenBytes: (id) => vocabulary.tokenBytes(id),
    tokenToId: (token) => vocabulary.tokenToId(token),
    ...chatMethods(vocabulary, templates),
  };
}

function chatMethods(
  vocabulary: Vocabulary,
  templates: ReadonlyMap<string, RenderTemplate>,
): Pick<Tokenizer, 'renderChat' | 'encodeChat' | 'encodePrompt' | 'encodeBegun' | 'toolCallForm'> {
  // As transformers does: a template of its own for tools, where there is one.
  const render: RenderTemplate = (messages, options) => {
    const withTools = options.tools === undefined ? undefined : templates.get(TOOL_TEMPLATE);
    return (withTools ?? templates.get(DEFAULT_TEMPLATE) ?? missingTemplate)(messages, options);
  };
  const prefixes = (messages: readonly ChatMessage[], options: RenderOptions): RenderPrefix => {
    const seen = templateMessages(messages, vocabulary.controlTokens);
    checkTools(options.tools ?? [], vocabulary.controlTokens);
    return (count, addGenerationPrompt) => {
      const text = render(seen.slice(0, count), { ...options, addGenerationPrompt });
      refuseUnwrittenCalls(text, messages.slice(0, count));
      if (count === seen.length) refuseUnlistedTools(text, options.tools ?? []);
      return text;
    };
  };
  let form: ToolCallForm | undefined;
  return {
    renderChat: (messages, options = {}) =>
      prefixes(messages, options)(messages.length, options.addGenerationPrompt ?? false),
    encodeChat: (messages, options = {}) => encodeConversation(messages, prefixes(messages, options), vocabulary),
    encodePrompt: (messages, options = {}) =>
      encodeConversationPrompt(messages, prefixes(messages, options), vocabulary),
    encodeBegun: (messages, { text, name }, options = {}) => {
      refuseControlTokens(text, vocabulary.controlTokens, name);
      const begun: ChatMessage[] = [...messages, { role: 'assistant', content: text }];
      return encodeBegunConversation(begun, text, prefixes(begun, options), vocabulary);
    },
    toolCallForm: () => (form ??= toolCallForm(render)),
  };
}

/** A template that knows no calls writes a message without them, and the model would answer another conversation. */
function refuseUnwrittenCalls(text: string, messages: readonly ChatMessage[]): void {
  messages.forEach(({ tool_calls: calls }, index) => {
    const missing = calls?.find(({ function: { name } }) => !text.includes(name));
    if (!missing) return;
    const where = `messages[${index}].tool_calls`;
    throw new TokenizerError(
      'tools_not_supported',
      `${where}: the chat template of this model writes no calls of functions.`,
    );
  });
}

/** A template that lists no tools writes a conversation without them, as if there were none. */
function refuseUnlistedTools(text: string, tools: readonly unknown[]): void {
  const names = tools.map(
    (tool) => (tool as { readonly function?: { readonly name?: unknown } } | null)?.function?.name,
  );
  const missing = names.findIndex((name) => typeof name === 'string' && !text.includes(name));
  if (missing < 0) return;
  const message = `tools[${missing}]: the chat template of this model lists no tools.`;
  throw new TokenizerError('tools_not_supported', message);
}

function missingTemplate(): never {
  throw new TokenizerError(
    'no_chat_template',
    'This tokenizer has no chat template; add chat_template.jinja, or "chat_template" to tokenizer_config.json.',
  );
}
