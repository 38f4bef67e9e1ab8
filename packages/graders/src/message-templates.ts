/** Conversations made of templates of text: checked once, rendered for each sample. What judges and runs of evals are asked. */
import { check, type JudgeMessage, JudgeTextPart, type Problem } from '@preheat/contracts';
import type { GradingContext } from './grading-context.js';
import { type Outcome, success } from './outcome.js';
import { parseTemplate, renderTemplate, type TextTemplate } from './text-template.js';

export interface MessageTemplate {
  readonly role: string;
  readonly parts: readonly TextTemplate[];
}

export interface RenderedMessage {
  readonly role: string;
  readonly content: string;
}

/** Paths of problems are relative to the list: `0.content.1`. */
export function parseMessages(
  messages: readonly JudgeMessage[],
): { readonly templates: MessageTemplate[] } | { readonly problems: Problem[] } {
  const problems: Problem[] = [];
  const templates = messages.map(({ role, content }, i): MessageTemplate => {
    const contents = Array.isArray(content) ? (content as unknown[]) : [content];
    const parts = contents.flatMap((part, j) => {
      const parsed = partTemplate(part);
      if (parsed.ok) return [parsed.value];
      const path = `${i}.content${Array.isArray(content) ? `.${j}` : ''}`;
      problems.push({ path, message: parsed.message });
      return [];
    });
    return { role, parts };
  });
  return problems.length > 0 ? { problems } : { templates };
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

/** The conversation for one sample, the parts of a message one line each. */
export function renderMessages(
  templates: readonly MessageTemplate[],
  context: GradingContext,
): Outcome<RenderedMessage[]> {
  const messages: RenderedMessage[] = [];
  for (const { role, parts } of templates) {
    const texts: string[] = [];
    for (const part of parts) {
      const text = renderTemplate(part, context);
      if (!text.ok) return text;
      texts.push(text.value);
    }
    messages.push({ role, content: texts.join('\n') });
  }
  return success(messages);
}
