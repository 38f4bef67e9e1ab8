/** The conversation a judge is asked: templates of text, checked once, rendered for each sample. */
import { check, JudgeTextPart, type Problem, type ScoreModelGrader } from '@preheat/contracts';
import type { GradingContext } from './grading-context.js';
import { type Outcome, success } from './outcome.js';
import type { PlaceholderPath } from './placeholder-path.js';
import { itemPathsOf } from './scorer-items.js';
import { parseTemplate, renderTemplate, type TextTemplate } from './text-template.js';

type Messages = readonly { readonly role: string; readonly content: string }[];

export interface Conversation {
  readonly itemPaths: readonly PlaceholderPath[];
  render(context: GradingContext): Outcome<Messages>;
}

interface MessageTemplate {
  readonly role: string;
  readonly parts: readonly TextTemplate[];
}

/** The instruction about the form of the answer follows what is asked, in the last turn. */
export function compileConversation(
  input: ScoreModelGrader['input'],
  instruction: string,
): { readonly conversation: Conversation } | { readonly problems: Problem[] } {
  const problems: Problem[] = [];
  const templates = input.map(({ role, content }, i): MessageTemplate => {
    const contents = Array.isArray(content) ? (content as unknown[]) : [content];
    const parts = contents.flatMap((part, j) => {
      const path = `input.${i}.content${Array.isArray(content) ? `.${j}` : ''}`;
      const parsed = partTemplate(part);
      if (parsed.ok) return [parsed.value];
      problems.push({ path, message: parsed.message });
      return [];
    });
    return { role: role === 'developer' ? 'system' : role, parts };
  });
  if (problems.length > 0) return { problems };
  const itemPaths = templates.flatMap(({ parts }) => parts.flatMap(itemPathsOf));
  return { conversation: { itemPaths, render: (context) => renderAll(templates, instruction, context) } };
}

function partTemplate(part: unknown): ReturnType<typeof parseTemplate> {
  if (typeof part === 'string') return parseTemplate(part);
  const type = (part as { type?: unknown } | null)?.type;
  if (type === 'input_image' || type === 'input_audio') {
    return { ok: false, message: `is of type ${type}; the models of this platform read text only` };
  }
  const checked = check(JudgeTextPart, part);
  if (checked.ok) return parseTemplate(checked.value.text);
  return { ok: false, message: 'must be a string, {"type": "input_text", "text": "..."} or an array of these' };
}

function renderAll(
  templates: readonly MessageTemplate[],
  instruction: string,
  context: GradingContext,
): Outcome<Messages> {
  const messages: { role: string; content: string }[] = [];
  for (const { role, parts } of templates) {
    const texts: string[] = [];
    for (const part of parts) {
      const text = renderTemplate(part, context);
      if (!text.ok) return text;
      texts.push(text.value);
    }
    messages.push({ role, content: texts.join('\n') });
  }
  const last = messages.at(-1);
  if (last?.role === 'user') last.content += `\n\n${instruction}`;
  else messages.push({ role: 'user', content: instruction });
  return success(messages);
}
