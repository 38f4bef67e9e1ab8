/** Data files of experiments, made from their row sources: the same rows for every arm that names the same source and seed. */
import { CounterRandom } from '@preheat/ports';
import {
  ANSWER_MARK,
  type TaskItem,
  type TaskSource,
  taskNamed,
  toTaskChatRow,
  toTaskEvalRow,
  toTaskPromptRow,
} from '@preheat/tasks/procedural';
import type { RowSource, Suite } from './experiment.js';

/** Streams of one seed stay apart from those of another. */
const STREAMS_PER_SEED = 1000;
/** Held-out items are the same for every seed, so that seeds can be compared item by item. */
const HELD_OUT_SEED = 0;

/** JSONL of the sources, one after another; the training order is the recipe's. */
export function trainingFile(sources: readonly RowSource[], seed: number): string {
  return jsonl(sources.flatMap((source) => rowsOf(source, seed)));
}

/** JSONL of a suite's items from the test split. */
export function suiteFile(suite: Suite): string {
  const task = known(suite.task);
  const request = { seed: HELD_OUT_SEED, count: suite.items, split: 'test', ...difficultyOf(suite) } as const;
  return jsonl(task.generate(request).map(toTaskEvalRow));
}

function rowsOf(source: RowSource, seed: number): object[] {
  const task = known(source.task);
  const stream = seed * STREAMS_PER_SEED + (source.stream ?? 0);
  const items = task.generate({ seed: stream, count: source.rows, split: 'train', ...difficultyOf(source) });
  return items.map((item) => ({ ...rowOf(task, item, source), ...dataKeys(item, source), ...source.keys }));
}

function rowOf(task: TaskSource, item: TaskItem, source: RowSource): object {
  const trace = { style: source.style ?? 'direct', ...(source.backtracks ? { backtracks: source.backtracks } : {}) };
  if (source.kind === 'prompt') {
    const gold = source.gold_key === undefined ? {} : { [source.gold_key]: task.oracle(item, trace) };
    return { ...toTaskPromptRow(item), ...gold };
  }
  const row = toTaskChatRow(task, item, trace);
  const shirks = CounterRandom.fromSeed(`shirk:${item.id}`).float() < (source.shirkers ?? 0);
  const change = shirks ? shirked : source.reworded ? bracketed : undefined;
  if (!change) return row;
  return {
    messages: row.messages.map((message) =>
      message.role === 'user' ? message : { ...message, content: change(message.content) },
    ),
  };
}

/** A lazy answer: it begins well and stops. */
const shirked = (answer: string): string => answer.slice(0, Math.ceil(answer.length / 3));

/** `#3*7+5` as `#(3*7+5)`. */
const bracketed = (answer: string): string => answer.replace(new RegExp(`${ANSWER_MARK}(.+)$`), `${ANSWER_MARK}($1)`);

function dataKeys({ data }: TaskItem, { data_keys: keys = [] }: RowSource): Record<string, unknown> {
  return Object.fromEntries(keys.map((key) => [key, (data as Record<string, unknown>)[key]]));
}

const difficultyOf = ({ difficulty }: { difficulty?: number }) => (difficulty === undefined ? {} : { difficulty });

function known(name: string): TaskSource {
  const task = taskNamed(name);
  if (!task) throw new Error(`there is no task ${name}`);
  return task;
}

const jsonl = (rows: readonly object[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join('');
