/** Chat messages as data files and the chat wire carry them, and the checks that name the message at fault. */
import { TokenizerError } from './tokenizer-error.js';
import { isRecord } from './tokenizer-files.js';

export interface TextPart {
  readonly type: 'text';
  readonly text: string;
}

/** Structural, so that training rows and chat requests fit alike; other keys reach the template untouched. */
export interface ChatMessage {
  readonly role: string;
  readonly content?: string | readonly TextPart[] | null | undefined;
  /** On assistant messages only: 0 switches the loss off, 1 (the default) leaves it on. */
  readonly weight?: number | undefined;
  /** On assistant messages only: functions that the model asked to call. */
  readonly tool_calls?: readonly CalledFunction[] | null | undefined;
  /** On tool messages: the call, made before, that this is the result of. */
  readonly tool_call_id?: string | null | undefined;
}

export interface CalledFunction {
  readonly id: string;
  /** `arguments` is the text of a JSON object. */
  readonly function: { readonly name: string; readonly arguments: string };
}

export const CHAT_ROLES = ['system', 'developer', 'user', 'assistant', 'tool', 'function'] as const;

/**
 * The messages as a template sees them: text parts joined to one string, arguments of calls as objects, `weight` removed.
 *
 * @throws {TokenizerError} `unknown_role`, `invalid_message` or `control_token_in_content`, naming `messages[i].field`.
 */
export function templateMessages(
  messages: readonly ChatMessage[],
  controlTokens: readonly string[],
): Record<string, unknown>[] {
  if (messages.length === 0) throw new TokenizerError('invalid_message', 'messages: expected at least one message.');
  const calls = new Set<string>();
  return messages.map((message, index) => {
    checkRole(message, index);
    checkWeight(message, index);
    const { weight: _, tool_calls, ...rest } = message;
    const content = textOf(message, index);
    const called = calledFunctions(message, index);
    if (content === null && called.length === 0) {
      throw new TokenizerError('invalid_message', `messages[${index}].content: is required without tool_calls.`);
    }
    if (message.role === 'tool') checkResult(message, calls, index);
    for (const { id } of tool_calls ?? []) calls.add(id);
    refuseControlTokens(content, controlTokens, `messages[${index}].content`);
    refuseControlTokens(called, controlTokens, `messages[${index}].tool_calls`);
    // Some templates add it to other text; a call without text has none.
    return { ...rest, content: content ?? '', ...(called.length > 0 ? { tool_calls: called } : {}) };
  });
}

/** @throws {TokenizerError} `control_token_in_content`. */
export function checkTools(tools: readonly unknown[], controlTokens: readonly string[]): void {
  tools.forEach((tool, index) => refuseControlTokens(tool, controlTokens, `tools[${index}]`));
}

function checkRole(message: ChatMessage, index: number): void {
  if ((CHAT_ROLES as readonly string[]).includes(message.role)) return;
  const found = JSON.stringify(message.role);
  throw new TokenizerError('unknown_role', `messages[${index}].role: ${found} is not one of ${CHAT_ROLES.join(', ')}.`);
}

function checkWeight({ role, weight }: ChatMessage, index: number): void {
  if (weight === undefined) return;
  const at = `messages[${index}].weight`;
  if (role !== 'assistant') {
    throw new TokenizerError('invalid_message', `${at}: allowed on assistant messages only, found on ${role}.`);
  }
  if (weight !== 0 && weight !== 1) {
    throw new TokenizerError('invalid_message', `${at}: expected 0 or 1, found ${JSON.stringify(weight)}.`);
  }
}

function textOf({ content }: ChatMessage, index: number): string | null {
  if (content === undefined || content === null) return null;
  if (typeof content === 'string') return content;
  return content
    .map((part, at) => {
      if (part?.type === 'text' && typeof part.text === 'string') return part.text;
      const where = `messages[${index}].content[${at}]`;
      throw new TokenizerError('invalid_message', `${where}: only parts {"type":"text","text":…} can be tokenised.`);
    })
    .join('');
}

function calledFunctions({ role, tool_calls: calls }: ChatMessage, index: number) {
  const at = `messages[${index}].tool_calls`;
  if ((calls ?? []).length > 0 && role !== 'assistant') {
    throw new TokenizerError('invalid_message', `${at}: allowed on assistant messages only, found on ${role}.`);
  }
  return (calls ?? []).map(({ id, function: { name, arguments: text } }, position) => {
    const where = `${at}[${position}].function.arguments`;
    return { id, type: 'function', function: { name, arguments: parsedArguments(text, where) } };
  });
}

function parsedArguments(text: string, where: string): object {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  if (isRecord(value)) return value;
  throw new TokenizerError('invalid_message', `${where}: expected the text of a JSON object, such as "{}".`);
}

function checkResult({ tool_call_id: id }: ChatMessage, calls: ReadonlySet<string>, index: number): void {
  if (typeof id === 'string' && calls.has(id)) return;
  const where = `messages[${index}].tool_call_id`;
  const found = id === undefined || id === null ? 'nothing' : JSON.stringify(id);
  throw new TokenizerError(
    'invalid_message',
    `${where}: expected the id of a call in a message before, found ${found}.`,
  );
}

/** Of arguments and tools: what walks a value goes as deep as the value. */
const MAX_DEPTH = 100;

/**
 * Text that spells a control token would become that token: a user could close their own turn and speak as another.
 *
 * @throws {TokenizerError} `control_token_in_content`.
 */
export function refuseControlTokens(value: unknown, controlTokens: readonly string[], where: string, depth = 0): void {
  if (depth > MAX_DEPTH) throw new TokenizerError('invalid_message', `${where}: is nested deeper than ${MAX_DEPTH}.`);
  if (typeof value === 'object' && value !== null) {
    for (const part of Object.entries(value).flat()) refuseControlTokens(part, controlTokens, where, depth + 1);
  }
  if (typeof value !== 'string') return;
  const found = controlTokens.find((token) => value.includes(token));
  if (found === undefined) return;
  throw new TokenizerError('control_token_in_content', `${where}: contains the control token ${found}; remove it.`);
}
