/** Reads the rows of a training file. The API validated every line at upload, so a bad line here is corruption. */
import {
  type ChatMessage,
  type ChatTool,
  decodeStored,
  InvariantError,
  KEYS,
  listedTools,
  type PhaseType,
  PreferenceRow,
  ReinforcementRow,
  SupervisedRow,
} from '@preheat/contracts';
import { byteLines, type ObjectStore } from '@preheat/ports';
import type { AnyRow } from '@preheat/recipes';

const SCHEMAS = {
  supervised: SupervisedRow,
  preference: PreferenceRow,
  reinforcement: ReinforcementRow,
} as const satisfies Record<PhaseType, object>;

/**
 * The rows of a file in file order. Its text is never held: it may be longer than a string can be.
 * @throws InvariantError when the file is gone or a line does not fit.
 */
export async function readRows(store: ObjectStore, fileId: string, phase: PhaseType): Promise<AnyRow[]> {
  const content = await store.getStream(KEYS.fileContent(fileId));
  if (!content) throw new InvariantError(`the content of ${fileId} is missing`);
  const decoder = new TextDecoder();
  const rows: AnyRow[] = [];
  let number = 0;
  for await (const line of byteLines(content.body)) {
    number += 1;
    const text = decoder.decode(line);
    if (text.trim() !== '') rows.push(decodeStored(SCHEMAS[phase], text, `${fileId} line ${number}`) as AnyRow);
  }
  return rows;
}

export interface Conversation {
  readonly messages: readonly ChatMessage[];
  readonly tools: readonly ChatTool[] | undefined;
}

/** What a row says from its first to its last message; of a pair, with the preferred answer. */
export function conversationOf(row: AnyRow): Conversation {
  if (!isPair(row)) return { messages: row.messages, tools: listedTools(row) };
  return { messages: [...row.input.messages, ...row.preferred_output], tools: listedTools(row.input) };
}

/** Other rows may have keys of these names, but always have messages. */
const isPair = (row: AnyRow): row is PreferenceRow => !Object.hasOwn(row, 'messages');
