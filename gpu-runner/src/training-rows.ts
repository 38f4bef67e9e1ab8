/** Reads the rows of a training file. The API validated every line at upload, so a bad line here is corruption. */
import {
  decodeStored,
  InvariantError,
  KEYS,
  type PhaseType,
  type ReinforcementRow,
  ReinforcementRow as ReinforcementRowSchema,
  type SupervisedRow,
  SupervisedRow as SupervisedRowSchema,
} from '@preheat/contracts';
import type { ObjectStore } from '@preheat/ports';

export type TrainingRow = SupervisedRow | ReinforcementRow;

/** The rows of a file in file order. @throws InvariantError when the file is gone or a line does not fit. */
export async function readRows(store: ObjectStore, fileId: string, phase: PhaseType): Promise<TrainingRow[]> {
  const content = await store.get(KEYS.fileContent(fileId));
  if (!content) throw new InvariantError(`the content of ${fileId} is missing`);
  const schema = phase === 'supervised' ? SupervisedRowSchema : ReinforcementRowSchema;
  const encoder = new TextEncoder();
  const lines = new TextDecoder().decode(content.body).split('\n');
  return lines.flatMap((line, index) =>
    line.trim() === ''
      ? []
      : [decodeStored(schema, encoder.encode(line), `${fileId} line ${index + 1}`) as TrainingRow],
  );
}
