/** The conversation an item becomes: a template whose `{{ item.x }}` are filled in, or a list found in the item. */
import { check, ChatMessage, type EvalRow, type Problem, type RunDataSource } from '@preheat/contracts';
import { parseTemplate, renderTemplate, type TextTemplate } from '@preheat/graders';
import Type from 'typebox';

type InputMessages = Extract<RunDataSource, { type: 'completions' }>['input_messages'];
export type Conversation = readonly { role: string; content: string }[];
export type Rendered =
  | { readonly ok: true; readonly messages: Conversation }
  | { readonly ok: false; readonly message: string };

export interface MessageSource {
  render(row: EvalRow): Rendered;
}

const Trajectory = Type.Array(ChatMessage, { minItems: 1, maxItems: 512 });

/** Parses templates once. A problem names the field of the request. */
export function compileMessages(
  input: InputMessages,
): { readonly ok: true; readonly source: MessageSource } | { readonly ok: false; readonly problem: Problem } {
  if (input.type === 'item_reference') return compileReference(input.item_reference);
  const templates: { role: string; template: TextTemplate }[] = [];
  for (const [index, message] of input.template.entries()) {
    const text = typeof message.content === 'string' ? message.content : message.content.text;
    const parsed = parseTemplate(text);
    if (!parsed.ok) {
      const path = `data_source.input_messages.template.${index}.content`;
      return { ok: false, problem: { path, message: parsed.message } };
    }
    templates.push({ role: message.role, template: parsed.value });
  }
  return { ok: true, source: { render: (row) => renderAll(templates, row) } };
}

function renderAll(templates: readonly { role: string; template: TextTemplate }[], row: EvalRow): Rendered {
  const messages: { role: string; content: string }[] = [];
  for (const { role, template } of templates) {
    const content = renderTemplate(template, { sample: { output_text: '' }, item: row.item });
    if (!content.ok) return content;
    messages.push({ role, content: content.value });
  }
  return { ok: true, messages };
}

function compileReference(reference: string): ReturnType<typeof compileMessages> {
  const key = /^item\.([\w$-]+)$/.exec(reference)?.[1];
  if (key === undefined) {
    const path = 'data_source.input_messages.item_reference';
    return { ok: false, problem: { path, message: 'must name a key of the item, such as item.input_trajectory' } };
  }
  return { ok: true, source: { render: ({ item }) => trajectoryOf(item[key], key) } };
}

function trajectoryOf(value: unknown, key: string): Rendered {
  const checked = check(Trajectory, value);
  if (checked.ok) return { ok: true, messages: checked.value };
  const problem = checked.problems[0];
  return { ok: false, message: `item.${key} is no list of messages: ${problem?.path} ${problem?.message}` };
}
