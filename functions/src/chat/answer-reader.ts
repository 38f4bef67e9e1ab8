/** What an answer says, piece by piece: text, and where the request has tools, calls of them. */
import { createHash } from 'node:crypto';
import type { ChatToolCall } from '@preheat/contracts';
import { type ReadPiece, ToolCallReader } from '@preheat/tokenizer';
import type { ToolPlan } from './plan-tools.js';

export interface Said {
  readonly content: string;
  readonly toolCalls: readonly ChatToolCall[];
}

export class AnswerReader {
  readonly #id: string;
  readonly #reader: ToolCallReader | null;
  #calls = 0;

  /** @param id of the answer: those of its calls follow from it. */
  constructor(tools: ToolPlan | null, id: string) {
    this.#id = id;
    this.#reader = tools && new ToolCallReader(tools.form, tools.names, tools.markers.texts, tools.isParallel);
    this.#reader?.push(tools?.opening ?? '');
  }

  /** Text that is certain, without what the prompt already began. */
  push(text: string): Said {
    return this.#reader ? this.#said(this.#reader.push(text)) : { content: text, toolCalls: [] };
  }

  /** The rest, when no more text will come. */
  finish(): Said {
    return this.#reader ? this.#said(this.#reader.finish()) : { content: '', toolCalls: [] };
  }

  finishReason(reason: 'stop' | 'length'): 'stop' | 'length' | 'tool_calls' {
    return reason === 'stop' && this.#calls > 0 ? 'tool_calls' : reason;
  }

  #said({ content, calls }: ReadPiece): Said {
    const toolCalls = calls.map((call): ChatToolCall => {
      return { id: callId(`${this.#id}-${this.#calls++}`), type: 'function', function: { ...call } };
    });
    return { content, toolCalls };
  }
}

/** A whole answer. */
export function readAnswer(reader: AnswerReader, text: string): Said {
  const pieces = [reader.push(text), reader.finish()];
  return {
    content: pieces.map(({ content }) => content).join(''),
    toolCalls: pieces.flatMap(({ toolCalls }) => toolCalls),
  };
}

/** Nine letters and digits, as the templates of Mistral demand when a call comes back with its result. */
const callId = (name: string): string => createHash('sha256').update(name).digest('hex').slice(0, 9);
