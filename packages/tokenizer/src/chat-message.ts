/** Chat messages as data files and the chat wire carry them, and the checks that name the message at fault. */
import { TokenizerError } from './tokenizer-error.js';

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
}

export const CHAT_ROLES = ['system', 'developer', 'user', 'assistant', 'tool', 'function'] as const;

/**
 * The messages as a template sees them: text parts joined to one string, `weight` removed.
 *
 * @throws {TokenizerError} `unknown_role`, `invalid_message` or `control_token_in_content`, naming `messages[i].field`.
 */
export function templateMessages(
  messages: readonly ChatMessage[],
  controlTokens: readonly string[],
): Record<string, unknown>[] {
  if (messages.length === 0) throw new TokenizerError('invalid_message', 'messages: expected at least one message.');
  return messages.map((message, index) => {
    checkRole(message, index);
    checkWeight(message, index);
    const { weight: _, ...rest } = message;
    const content = textOf(message, index);
    refuseControlTokens(content, controlTokens, index);
    return { ...rest, content };
  });
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

/** Text that spells a control token would become that token: a user could close their own turn and speak as another. */
function refuseControlTokens(content: string | null, controlTokens: readonly string[], index: number): void {
  const found = content === null ? undefined : controlTokens.find((token) => content.includes(token));
  if (found === undefined) return;
  const where = `messages[${index}].content`;
  throw new TokenizerError('control_token_in_content', `${where}: contains the control token ${found}; remove it.`);
}
