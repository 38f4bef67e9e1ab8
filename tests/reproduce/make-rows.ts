/** Data files of experiments, made from their row sources: the same rows for every arm that names the same source and seed. */
import { CounterRandom, type Random } from '@preheat/ports';
import {
  ANSWER_MARK,
  type TaskItem,
  type TaskSource,
  type TaskSplit,
  taskNamed,
  toTaskChatRow,
  toTaskEvalRow,
  toTaskPromptRow,
} from '@preheat/tasks/procedural';
import type { RowSource, Suite, TaskRows } from './experiment.js';
import { textRows } from './text-rows.js';

/** Streams of one seed stay apart from those of another. */
const STREAMS_PER_SEED = 1000;
/** Held-out items are the same for every seed, so that seeds can be compared item by item. */
const HELD_OUT_SEED = 0;
/** Items drawn for each one of a class of answers: classes may be this rare. */
const DRAWN_PER_CLASS_ITEM = 6;

/** JSONL of the sources, one after another; the training order is the recipe's. */
export function trainingFile(sources: readonly RowSource[], seed: number): string {
  return jsonl(sources.flatMap((source) => rowsOf(source, seed, 'train')));
}

/** JSONL of the sources from the validation split, the same for every seed of the training rows. */
export function validationFile(sources: readonly RowSource[]): string {
  return jsonl(sources.flatMap((source) => rowsOf(source, HELD_OUT_SEED, 'validation')));
}

/** The same rows as items of an evaluation, for the model that a phase starts from. */
export function validationItems(sources: readonly RowSource[]): string {
  const rows = sources.flatMap((source) => rowsOf(source, HELD_OUT_SEED, 'validation'));
  return jsonl(rows.map(({ messages, ...keys }) => ({ item: { ...keys, prompt: messages[0]?.content ?? '' } })));
}

/** JSONL of a suite's items. */
export const suiteFile = (suite: Suite): string => jsonl(suiteItems(suite).map(toTaskEvalRow));

/** Items of a suite from the test split. @throws Error where too few have the answer that it asks for. */
export function suiteItems(suite: Suite): TaskItem[] {
  const { items: count, answer_prefix: prefix = '' } = suite;
  const task = known(suite.task);
  const drawn = prefix === '' ? count : count * DRAWN_PER_CLASS_ITEM;
  const request = { seed: HELD_OUT_SEED, count: drawn, split: 'test', ...difficultyOf(suite) } as const;
  const found = task
    .generate(request)
    .filter((item) => task.oracle(item, { style: 'direct' }).startsWith(ANSWER_MARK + prefix))
    .slice(0, count);
  if (found.length === count) return found.map((item) => prefixed(item, suite));
  throw new Error(`${suite.task} has ${found.length} of ${count} items whose answer begins with "${prefix}"`);
}

interface Row {
  readonly messages: readonly { readonly role: string; readonly content: string | undefined }[];
}

function rowsOf(source: RowSource, seed: number, split: TaskSplit): Row[] {
  const stream = seed * STREAMS_PER_SEED + (source.stream ?? 0);
  if ('text' in source) return textRows(source, stream, split === 'train');
  const task = known(source.task);
  const items = task.generate({ seed: stream, count: source.rows, split, ...difficultyOf(source) });
  return items.flatMap((item, i) => {
    const answers = source.foreign ? (items[(i + 1) % items.length] ?? item) : item;
    const row = { ...rowOf(task, prefixed(item, source), answers, source), ...dataKeys(item, source), ...source.keys };
    return new Array<Row>(source.copies ?? 1).fill(row);
  });
}

const prefixed = (item: TaskItem, { prefix = '' }: { prefix?: string }): TaskItem => ({
  ...item,
  prompt: prefix + item.prompt,
});

/** @param answered The item whose trace is the answer: this one, or another of the source. */
function rowOf(task: TaskSource, item: TaskItem, answered: TaskItem, source: TaskRows): Row {
  const trace = { style: source.style ?? 'direct', ...(source.backtracks ? { backtracks: source.backtracks } : {}) };
  if (source.kind === 'prompt') {
    const gold = source.gold_key === undefined ? {} : { [source.gold_key]: task.oracle(answered, trace) };
    return { ...toTaskPromptRow(item), ...gold };
  }
  const { messages } = toTaskChatRow(task, answered, trace);
  const contents = [item.prompt, changed(messages[1]?.content ?? '', item, source)];
  return { messages: messages.map((message, i) => ({ ...message, content: contents[i] })) };
}

function changed(answer: string, { id }: TaskItem, { shirkers = 0, reworded, shuffled_steps: shuffles }: TaskRows) {
  if (CounterRandom.fromSeed(`shirk:${id}`).float() < shirkers) return shirked(answer);
  if (shuffles) return shuffledSteps(answer, CounterRandom.fromSeed(`shuffle:${id}`));
  return reworded ? bracketed(answer) : answer;
}

/** Steps begin with a word of reasoning or are one word each; the answer stays at the end. */
function shuffledSteps(answer: string, random: Random): string {
  const [, reasoning = '', end = ''] = /^(.*?) ?(#.*)$/s.exec(answer) ?? [];
  const isWorded = /(ASSUME|REVISE|CHECK) /.test(reasoning);
  const steps = reasoning.split(isWorded ? / (?=(?:ASSUME|REVISE|CHECK) )/ : ' ');
  const keyed = steps.map((step, i) => ({ step, key: random.fork(`step ${i}`).float() }));
  return [...keyed.sort((a, b) => a.key - b.key).map(({ step }) => step), end].join(' ').trimStart();
}

/** A lazy answer: it begins well and stops. */
const shirked = (answer: string): string => answer.slice(0, Math.ceil(answer.length / 3));

/** `#3*7+5` as `#(3*7+5)`. */
const bracketed = (answer: string): string => answer.replace(new RegExp(`${ANSWER_MARK}(.+)$`), `${ANSWER_MARK}($1)`);

function dataKeys({ data }: TaskItem, { data_keys: keys = [] }: TaskRows): Record<string, unknown> {
  return Object.fromEntries(keys.map((key) => [key, (data as Record<string, unknown>)[key]]));
}

const difficultyOf = ({ difficulty }: { difficulty?: number }) => (difficulty === undefined ? {} : { difficulty });

function known(name: string): TaskSource {
  const task = taskNamed(name);
  if (!task) throw new Error(`there is no task ${name}`);
  return task;
}

const jsonl = (rows: readonly object[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join('');
