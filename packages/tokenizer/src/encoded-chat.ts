/**
 * A conversation as tokens, with the tokens that carry loss marked. Turn boundaries come from rendering prefixes of the
 * conversation, so the template alone decides them, and the tokens before each assistant turn are exactly those that a
 * model is given when it is asked to write that turn.
 */
import type { ChatMessage } from './chat-message.js';
import { TokenizerError } from './tokenizer-error.js';
import type { Vocabulary } from './vocabulary.js';

export interface AssistantSpan {
  readonly messageIndex: number;
  /** Token range [start, end): the turn's content and its end-of-turn token. */
  readonly start: number;
  readonly end: number;
  /** False where the message has weight 0. */
  readonly trained: boolean;
}

export interface EncodedChat {
  /** int32 [T]. */
  readonly tokens: Int32Array;
  /** uint8 [T]: 1 where the token carries loss. */
  readonly trainMask: Uint8Array;
  /** One span per assistant message, in order. */
  readonly spans: readonly AssistantSpan[];
}

/** Renders the first `count` messages. */
export type RenderPrefix = (count: number, addGenerationPrompt: boolean) => string;

/** Tokens of a whole conversation. @throws {TokenizerError} `template_not_incremental`, see `TurnWalk`. */
export function encodeConversation(
  messages: readonly ChatMessage[],
  render: RenderPrefix,
  vocabulary: Vocabulary,
): EncodedChat {
  const walk = new TurnWalk(messages, render, vocabulary);
  walk.takeAssistantTurns();
  return walk.finish(false);
}

/**
 * Tokens a model is given to write the next assistant turn: a prefix of the conversation that holds that turn. Templates that
 * rewrite earlier turns (thoughts taken out, tools moved to the last question) have no such prefix, and nothing is trained
 * here: the whole is tokenised at once.
 */
export function encodeConversationPrompt(
  messages: readonly ChatMessage[],
  render: RenderPrefix,
  vocabulary: Vocabulary,
): Int32Array {
  const walk = new TurnWalk(messages, render, vocabulary);
  try {
    walk.takeAssistantTurns();
    return walk.finish(true).tokens;
  } catch (error) {
    if (!(error instanceof TokenizerError) || error.code !== 'template_not_incremental') throw error;
    return vocabulary.encode(render(messages.length, true));
  }
}

/** A prompt, and what the turn that it asks for begins with. */
export interface BegunTurn {
  /** int32 [T]: both. */
  readonly tokens: Int32Array;
  /** Where the turn begins. */
  readonly start: number;
}

/**
 * Tokens of a prompt and of the beginning of its answer: as `encodeConversation` has them where the template writes an answer
 * at the end of its prompt, white space between them included.
 *
 * @param messages The last is the beginning of the answer.
 */
export function encodeBegunConversation(
  messages: readonly ChatMessage[],
  beginning: string,
  render: RenderPrefix,
  vocabulary: Vocabulary,
): BegunTurn {
  const asked = messages.length - 1;
  const prompt = [...encodeConversationPrompt(messages.slice(0, asked), render, vocabulary)];
  const text = render(asked, true);
  const gap = gapBefore(beginning, render(messages.length, false), text);
  const tokens = extended({ text, tokens: prompt }, `${text}${gap}${beginning}`, vocabulary);
  return { tokens: Int32Array.from(tokens), start: prompt.length };
}

/** White space that a template writes between a prompt and its answer. What else it may write there is no part of the answer. */
function gapBefore(beginning: string, rendered: string, prompt: string): string {
  if (!rendered.startsWith(prompt)) return '';
  const rest = rendered.slice(prompt.length);
  const gap = rest.slice(0, Math.max(0, rest.indexOf(beginning.trimEnd())));
  return gap.trim() === '' ? gap : '';
}

/** Text that was tokenised. */
interface Covered {
  readonly text: string;
  readonly tokens: readonly number[];
}

/**
 * Tokens of `text`, which begins with what is covered. When tokenising everything at once agrees with what is already there,
 * that is taken; when a token would straddle the boundary, the new piece is tokenised by itself, as it is in generation.
 */
function extended(covered: Covered, text: string, vocabulary: Vocabulary): number[] {
  const whole = vocabulary.encode(text);
  const agrees = covered.tokens.every((id, i) => whole[i] === id);
  return agrees ? [...whole] : [...covered.tokens, ...vocabulary.encode(text.slice(covered.text.length))];
}

class TurnWalk {
  private readonly messages: readonly ChatMessage[];
  private readonly render: RenderPrefix;
  private readonly vocabulary: Vocabulary;
  private readonly spans: AssistantSpan[] = [];
  private text = '';
  private tokens: number[] = [];

  constructor(messages: readonly ChatMessage[], render: RenderPrefix, vocabulary: Vocabulary) {
    this.messages = messages;
    this.render = render;
    this.vocabulary = vocabulary;
  }

  takeAssistantTurns(): void {
    this.messages.forEach((message, index) => {
      if (message.role !== 'assistant') return;
      this.advance(this.render(index, true), index);
      const start = this.tokens.length;
      this.advance(this.render(index + 1, false), index);
      this.spans.push({ messageIndex: index, start, end: this.endOfTurn(start), trained: message.weight !== 0 });
    });
  }

  /** Covers what follows the last assistant turn; a conversation that ends with one is covered already. */
  finish(addGenerationPrompt: boolean): EncodedChat {
    const count = this.messages.length;
    const isCovered = !addGenerationPrompt && this.messages[count - 1]?.role === 'assistant';
    if (!isCovered) this.advance(this.render(count, addGenerationPrompt), count - 1);
    const trainMask = new Uint8Array(this.tokens.length);
    for (const { start, end, trained } of this.spans) if (trained) trainMask.fill(1, start, end);
    return { tokens: Int32Array.from(this.tokens), trainMask, spans: this.spans };
  }

  private advance(text: string, messageIndex: number): void {
    if (!text.startsWith(this.text)) throw notIncremental(messageIndex);
    if (text.length === this.text.length) return;
    this.tokens = extended({ text: this.text, tokens: this.tokens }, text, this.vocabulary);
    this.text = text;
  }

  /** Just past the turn's last control token; what templates write after it (a line break) is never generated. */
  private endOfTurn(start: number): number {
    const isControl = (id: number) => this.vocabulary.isControl(id);
    const last = this.tokens.findLastIndex(isControl);
    return last >= start ? last + 1 : this.tokens.length;
  }
}

function notIncremental(messageIndex: number): TokenizerError {
  return new TokenizerError(
    'template_not_incremental',
    `messages[${messageIndex}]: the chat template rewrites earlier text when a turn is added, so the tokens of this turn ` +
      'cannot be told apart. Put the turn last in a row of its own, or use a template that only appends.',
  );
}
