/**
 * How a model writes a call of a function: learnt from its chat template by letting it write one. Models are trained on what
 * their template writes, so this is the form to look for in an answer and to hold a forced call to.
 */
import type { RenderTemplate } from './chat-template.js';
import { TokenizerError } from './tokenizer-error.js';

/**
 * The text of an answer's calls, in this order: `marker`, `open`, then for each call `head` NAME `middle` ARGUMENTS `}`, and
 * `close`. Tagged calls (Hermes, Qwen, Phi 4) have all of it for every call; a list (Mistral, Nemotron) has several calls
 * between `open` and `close`; a bare call (Llama 3) is a JSON object alone, without marker.
 */
export interface ToolCallForm {
  readonly kind: 'tagged' | 'list' | 'bare';
  /** A token of the model in most families: `<tool_call>`, `[TOOL_CALLS]`. */
  readonly marker: string;
  readonly open: string;
  /** `{"name": "` with the template's own spaces. */
  readonly head: string;
  /** `", "arguments": ` or `", "parameters": `. */
  readonly middle: string;
  readonly close: string;
  /** What `close` ends with, a token in most families: `</tool_call>`; '' where there is no such end. */
  readonly endMarker: string;
}

const NAME = 'probe_function';
const FUNCTION = { name: NAME, description: 'Probe.', parameters: { type: 'object', properties: {} } };
const TOOLS = [{ type: 'function', function: FUNCTION }];
const QUESTION = { role: 'user', content: 'a' };
/** Mistral's templates take ids of nine letters and digits only. */
const CALL = { id: 'probe0000', type: 'function', function: { name: NAME, arguments: { probe: 1 } } };

const HEAD = /\{\s*"name"\s*:\s*"$/;
const MIDDLE = /^"\s*,\s*"(?:arguments|parameters)"\s*:\s*/;
const ARGUMENTS = /^\{\s*"probe"\s*:\s*1\s*\}/;
const BEGINNING = /(\[[A-Z_]+\]|<[^<>\s/]+>)(\s*\[?\s*)$/;
const LIST_END = /^\s*\]/;
const SPACE = /^\s*/;

/** @throws {TokenizerError} `tools_not_supported`: the template lists no tools, or writes calls in a form not known here. */
export function toolCallForm(render: RenderTemplate): ToolCallForm {
  const asked = attempt(() => render([QUESTION], { tools: TOOLS, addGenerationPrompt: true }));
  if (!asked.includes(NAME)) throw cannotList('it leaves them out');
  const answer = { role: 'assistant', content: '', tool_calls: [CALL] };
  const written = attempt(() => render([QUESTION, answer], { tools: TOOLS }));
  const form = formIn(written, asked);
  if (form) return form;
  throw new TokenizerError(
    'tools_not_supported',
    'The chat template of this model writes calls of functions in a form that is not read here; known are ' +
      '<tool_call>{"name":…,"arguments":…}</tool_call>, [TOOL_CALLS][{"name":…,"arguments":…}] and {"name":…,"parameters":…}.',
  );
}

function formIn(written: string, asked: string): ToolCallForm | undefined {
  const at = written.lastIndexOf(NAME);
  const before = written.slice(0, Math.max(at, 0));
  const after = written.slice(at + NAME.length);
  const [head] = HEAD.exec(before) ?? [];
  const [middle] = MIDDLE.exec(after) ?? [];
  if (head === undefined || middle === undefined || !ARGUMENTS.test(after.slice(middle.length))) return undefined;
  const lead = before.slice(0, before.length - head.length);
  const rest = after.slice(middle.length).replace(ARGUMENTS, '');
  // A template may write more members behind the arguments, as the id of the call.
  const ending = rest.slice(rest.indexOf('}') + 1);
  return framed(lead, ending, { head, middle }) ?? (lead === asked ? bare({ head, middle }) : undefined);
}

type Inside = Pick<ToolCallForm, 'head' | 'middle'>;

function bare(inside: Inside): ToolCallForm {
  return { kind: 'bare', marker: '', open: '', ...inside, close: '', endMarker: '' };
}

function framed(lead: string, ending: string, inside: Inside): ToolCallForm | undefined {
  const [, marker, open = ''] = BEGINNING.exec(lead) ?? [];
  if (marker === undefined) return undefined;
  const isList = open.includes('[');
  const [bracket] = isList ? (LIST_END.exec(ending) ?? []) : [''];
  if (bracket === undefined) return undefined;
  const rest = ending.slice(bracket.length);
  const [space = ''] = SPACE.exec(rest) ?? [];
  const isClosed = rest.startsWith(endOf(marker), space.length);
  if (!isList && !isClosed) return undefined;
  const endMarker = isClosed ? endOf(marker) : '';
  const close = bracket + (isClosed ? space + endMarker : '');
  return { kind: isList ? 'list' : 'tagged', marker, open, ...inside, close, endMarker };
}

/** `</x>` of `<x>`, `<|/x|>` of `<|x|>`. */
const endOf = (marker: string): string => marker.replace(/^<\|?/, '$&/');

function attempt(render: () => string): string {
  try {
    return render();
  } catch (error) {
    if (error instanceof TokenizerError && error.code === 'template_failed') throw cannotList(error.message);
    throw error;
  }
}

function cannotList(why: string): TokenizerError {
  return new TokenizerError('tools_not_supported', `The chat template of this model cannot list tools: ${why}`);
}
