/** The conversation a judge is asked: templates of text, and how it shall answer. */
import type { Problem, ScoreModelGrader } from '@preheat/contracts';
import type { GradingContext } from './grading-context.js';
import { parseMessages, renderMessages, type RenderedMessage } from './message-templates.js';
import { type Outcome, success } from './outcome.js';
import type { PlaceholderPath } from './placeholder-path.js';
import { itemPathsOf } from './scorer-items.js';

export interface Conversation {
  readonly itemPaths: readonly PlaceholderPath[];
  render(context: GradingContext): Outcome<readonly RenderedMessage[]>;
}

/** The instruction about the form of the answer follows what is asked, in the last turn. */
export function compileConversation(
  input: ScoreModelGrader['input'],
  instruction: string,
): { readonly conversation: Conversation } | { readonly problems: Problem[] } {
  const parsed = parseMessages(input);
  if ('problems' in parsed) {
    return { problems: parsed.problems.map(({ path, message }) => ({ path: `input.${path}`, message })) };
  }
  const templates = parsed.templates.map(({ role, parts }) => ({
    role: role === 'developer' ? 'system' : role,
    parts,
  }));
  const itemPaths = templates.flatMap(({ parts }) => parts.flatMap(itemPathsOf));
  const render = (context: GradingContext) => {
    const messages = renderMessages(templates, context);
    return messages.ok ? success(instructed(messages.value, instruction)) : messages;
  };
  return { conversation: { itemPaths, render } };
}

function instructed(messages: readonly RenderedMessage[], instruction: string): RenderedMessage[] {
  const last = messages.at(-1);
  if (last?.role !== 'user') return [...messages, { role: 'user', content: instruction }];
  return [...messages.slice(0, -1), { role: 'user', content: `${last.content}\n\n${instruction}` }];
}
