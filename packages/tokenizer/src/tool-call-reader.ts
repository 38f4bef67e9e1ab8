/**
 * Finds calls of functions in an answer while it is written, whatever pieces it comes in. What is no whole call of a function
 * that may be called stays text, less the control tokens around it: nothing else that a model says is lost. Space beside a call
 * belongs to neither.
 */
import { jsonItems, jsonMembers, jsonValueEnd } from './json-spans.js';
import { partialEnd } from './partial-end.js';
import { isRecord } from './tokenizer-files.js';
import type { ToolCallForm } from './tool-call-form.js';

export interface ToolCall {
  readonly name: string;
  /** The text of a JSON object, as the model wrote it. */
  readonly arguments: string;
}

/** What is certain now and was not before. */
export interface ReadPiece {
  readonly content: string;
  readonly calls: readonly ToolCall[];
}

/** `open`: a call that has not ended. Null: no call. */
type Parsed = { readonly end: number; readonly calls: readonly ToolCall[] } | 'open' | null;

export class ToolCallReader {
  readonly #form: ToolCallForm;
  readonly #names: ReadonlySet<string>;
  readonly #silent: readonly string[];
  /** Calls that still count. */
  #left: number;
  /** Text that may still turn out to be a call. */
  #held = '';
  #followsCall = false;
  /** A bare call stands at the beginning or behind another; any other text ends the search. */
  #isPlain = false;

  /**
   * @param names of the functions that may be called.
   * @param silent markers that are control tokens (`controlMarkers`): no text of an answer has them, as no text of a request may.
   * @param isParallel whether an answer may have several calls. Those of the bare form have one at most, as its templates
   *   render one a message. What is called beyond that is left out, and is no text either.
   */
  constructor(form: ToolCallForm, names: ReadonlySet<string>, silent: readonly string[] = [], isParallel = true) {
    this.#form = form;
    this.#names = names;
    this.#silent = silent;
    this.#left = isParallel && form.kind !== 'bare' ? Number.POSITIVE_INFINITY : 1;
  }

  push(text: string): ReadPiece {
    this.#held += text;
    return this.#read(false);
  }

  /** The rest, when no more text will come. */
  finish(): ReadPiece {
    return this.#read(true);
  }

  #read(isOver: boolean): ReadPiece {
    let content = '';
    const calls: ToolCall[] = [];
    for (;;) {
      const at = this.#nextMarker();
      content += this.#say(this.#held.slice(0, at).trimEnd().length);
      const start = this.#held.length - this.#held.trimStart().length;
      const parsed = this.#parse(start, isOver);
      if (parsed === 'open') {
        if (isOver) content += this.#say(this.#held.length);
        return { content, calls };
      }
      if (parsed) {
        const counted = parsed.calls.slice(0, this.#left);
        this.#left -= counted.length;
        calls.push(...counted);
        this.#held = this.#held.slice(parsed.end);
        this.#followsCall = true;
      } else {
        this.#isPlain = this.#form.kind === 'bare';
        content += this.#say(start + this.#form.marker.length);
      }
    }
  }

  /** Where the marker, or what may become one, begins: behind that nothing is certain. */
  #nextMarker(): number {
    const { kind, marker } = this.#form;
    const held = this.#held;
    if (kind === 'bare') return this.#isPlain ? held.length : 0;
    const whole = held.indexOf(marker);
    if (whole >= 0) return whole;
    return held.length - Math.max(...[marker, ...this.#silent].map((one) => partialEnd(held, one)));
  }

  /** The call whose marker is at `start`; `open` where the marker itself is not whole. */
  #parse(start: number, isOver: boolean): Parsed {
    const { kind, marker } = this.#form;
    const rest = this.#held.slice(start);
    if (this.#isPlain || !rest.startsWith(marker)) return 'open';
    const at = start + marker.length + spaceAt(this.#held, start + marker.length);
    const first = this.#held[at];
    if (first === undefined) return 'open';
    if (kind === 'bare' && this.#followsCall && first === ';') return { end: at + 1, calls: [] };
    if (first !== (kind === 'list' ? '[' : '{')) return null;
    const end = jsonValueEnd(this.#held, at);
    if (end === undefined) return 'open';
    const calls = this.#calls(this.#held.slice(at, end));
    if (calls === null) return null;
    if (this.#form.endMarker === '') return { end, calls };
    const closed = this.#closed(end);
    return closed === undefined && !isOver ? 'open' : { end: closed ?? this.#held.length, calls };
  }

  #calls(text: string): ToolCall[] | null {
    const isList = this.#form.kind === 'list' && parsedJson(text) !== undefined;
    const texts = isList ? jsonItems(text) : [text];
    const calls = texts.flatMap((one) => this.#call(one) ?? []);
    return calls.length > 0 && calls.length === texts.length ? calls : null;
  }

  #call(text: string): ToolCall | undefined {
    const value = parsedJson(text);
    if (!isRecord(value)) return undefined;
    const { name } = value;
    // Models take one word for the other, whichever their template has.
    const key = ['arguments', 'parameters'].find((one) => isRecord(value[one]));
    if (typeof name !== 'string' || !this.#names.has(name) || key === undefined) return undefined;
    return { name, arguments: jsonMembers(text).get(key) ?? '{}' };
  }

  /** Behind the end marker, or behind the call where the model left it out; undefined while that is not known. */
  #closed(end: number): number | undefined {
    const { endMarker } = this.#form;
    const at = end + spaceAt(this.#held, end);
    const rest = this.#held.slice(at, at + endMarker.length);
    if (rest === endMarker) return at + endMarker.length;
    return endMarker.startsWith(rest) ? undefined : end;
  }

  /** Takes text that is no call. */
  #say(length: number): string {
    const text = this.#silent.reduce((left, one) => left.replaceAll(one, ''), this.#held.slice(0, length));
    this.#held = this.#held.slice(length);
    const said = this.#followsCall ? text.trimStart() : text;
    if (said !== '') this.#followsCall = false;
    return said;
  }
}

const spaceAt = (text: string, at: number): number => /^\s*/.exec(text.slice(at))?.[0].length ?? 0;

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
