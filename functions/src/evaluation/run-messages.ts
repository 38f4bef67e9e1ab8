/** The conversation an item becomes: a template whose `{{ item.x }}` are filled in, or a list found in the item. */
import { ChatRequestMessage, check, type EvalRow, type InputMessages, type Problem } from '@preheat/contracts';
import {
  lookUp,
  type MessageTemplate,
  parseMessages,
  parsePlaceholder,
  placeholdersOf,
  renderMessages,
} from '@preheat/graders';
import Type from 'typebox';

export type Conversation = readonly (Pick<ChatRequestMessage, 'tool_calls' | 'tool_call_id'> & {
  role: string;
  content: string;
})[];
export type Rendered =
  | { readonly ok: true; readonly messages: Conversation }
  | { readonly ok: false; readonly message: string };

export interface MessageSource {
  render(row: EvalRow): Rendered;
}

type Compiled =
  | { readonly ok: true; readonly source: MessageSource }
  | { readonly ok: false; readonly problem: Problem };

const PATH = 'data_source.input_messages';
const Trajectory = Type.Array(ChatRequestMessage, { minItems: 1, maxItems: 512 });

/** The conversation of a stored completion. */
export const STORED_CONVERSATION: InputMessages = { type: 'item_reference', item_reference: 'item.input' };

/** Parses templates once. A problem names the field of the request. */
export function compileMessages(input: InputMessages): Compiled {
  return input.type === 'item_reference' ? compileReference(input.item_reference) : compileTemplate(input.template);
}

function compileTemplate(template: Parameters<typeof parseMessages>[0]): Compiled {
  const parsed = parseMessages(template);
  const [problem] = 'problems' in parsed ? parsed.problems : sampleReads(parsed.templates);
  if (problem) return refuse(`template.${problem.path}`, problem.message);
  const { templates } = parsed as { templates: MessageTemplate[] };
  const render = ({ item }: EvalRow): Rendered => {
    const messages = renderMessages(templates, { sample: {}, item });
    return messages.ok ? { ok: true, messages: messages.value } : messages;
  };
  return { ok: true, source: { render } };
}

/** What is asked cannot depend on the answer. */
function sampleReads(templates: readonly MessageTemplate[]): Problem[] {
  return templates.flatMap(({ parts }, index) =>
    parts
      .flatMap(placeholdersOf)
      .filter(({ namespace }) => namespace === 'sample')
      .map(({ source }) => ({
        path: `${index}.content`,
        message: `{{ ${source} }}: only item.* exists before the answer`,
      })),
  );
}

function compileReference(reference: string): Compiled {
  const parsed = parsePlaceholder(reference);
  if (!parsed.ok || parsed.value.namespace !== 'item') {
    return refuse('item_reference', 'must name a key of the item, such as item.input_trajectory');
  }
  const path = parsed.value;
  const render = ({ item }: EvalRow): Rendered => {
    const found = lookUp(path, { sample: {}, item });
    return found.ok ? trajectoryOf(found.value, reference) : found;
  };
  return { ok: true, source: { render } };
}

function trajectoryOf(value: unknown, reference: string): Rendered {
  const checked = check(Trajectory, value);
  if (checked.ok) return { ok: true, messages: plainMessages(checked.value) };
  const problem = checked.problems[0];
  return { ok: false, message: `${reference} is no list of messages: ${problem?.path} ${problem?.message}` };
}

/** Messages with their parts joined, as the chat template joins them. */
export function plainMessages(messages: readonly ChatRequestMessage[]): Conversation {
  return messages.map(({ role, content, tool_calls, tool_call_id }) => ({
    role,
    content: typeof content === 'string' ? content : (content ?? []).map(({ text }) => text).join(''),
    ...(tool_calls ? { tool_calls } : {}),
    ...(tool_call_id === undefined ? {} : { tool_call_id }),
  }));
}

function refuse(at: string, message: string): Compiled {
  return { ok: false, problem: { path: `${PATH}.${at}`, message } };
}
