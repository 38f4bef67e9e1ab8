/**
 * Makes a task of its parts: drawing, splitting by structure, distinct prompts, and the one place where the answer is cut
 * out of a text. A task states only what is its own.
 */
import { check } from '@preheat/contracts';
import { CounterRandom } from '@preheat/ports';
import type { Static, TSchema } from 'typebox';
import { stableHash } from '../stable-hash.js';
import type { ItemRequest, TaskItem, TaskSource, TaskSplit, TraceOptions, TraceStyle } from './task-source.js';

/** Begins the answer: one token, and no task writes it anywhere else. */
export const ANSWER_MARK = '#';
/** Of the structures; the rest is for training. */
const PERCENT = { test: 20, validation: 10 } as const;
/** Draws for one item before the request is found impossible. */
const MAX_DRAWS = 20_000;

export interface TaskDefinition<S extends TSchema> extends Pick<TaskSource, 'name' | 'title' | 'difficulty'> {
  readonly data: S;
  /** Null: this draw is no item (not unique, out of range); draw again. */
  draw(random: CounterRandom, difficulty: number): Static<S> | null;
  prompt(data: Static<S>): string;
  structure(data: Static<S>): string;
  /** An answer as it follows the mark. */
  solution(data: Static<S>): string;
  /** The reasoning before the mark, without it. `direct` is every task's. */
  readonly traces: { readonly [Style in Exclude<TraceStyle, 'direct'>]?: Trace<Static<S>> };
  /** Null when the answer has not the form of one; else whether it is right, and further parts. */
  judge(data: Static<S>, answer: string): { readonly correct: boolean; readonly parts?: Record<string, number> } | null;
  /** Names of the parts that `judge` adds. */
  readonly parts?: readonly string[];
}

/** @param random For the choices a trace makes; seeded by the item. */
export type Trace<Data> = (data: Data, random: CounterRandom, backtracks: number) => string;

export function defineTask<S extends TSchema>(definition: TaskDefinition<S>): TaskSource<Static<S>> {
  const { name, title, difficulty, data: schema, traces, parts = [] } = definition;
  return {
    name,
    title,
    difficulty,
    styles: ['direct', ...(Object.keys(traces) as TraceStyle[])],
    parts: ['correct', 'format', ...parts],
    generate: (request) => generate(definition, request),
    oracle: (item, options) => oracle(definition, item, options),
    structureOf: (data) => definition.structure(data),
    verify(data, text) {
      const at = text.lastIndexOf(ANSWER_MARK);
      const judged = at < 0 ? null : definition.judge(data, text.slice(at + 1).trim());
      const none = Object.fromEntries(parts.map((part) => [part, 0]));
      const correct = judged?.correct ?? false;
      return {
        correct,
        parts: { ...none, ...judged?.parts, correct: Number(correct), format: Number(judged !== null) },
      };
    },
    dataProblems(data) {
      const checked = check(schema, data);
      return checked.ok ? [] : checked.problems;
    },
  };
}

/** The part that a structure belongs to, for ever. */
export function splitOfStructure(task: string, structure: string): TaskSplit {
  const bucket = stableHash(`${task}:${structure}`) % 100;
  if (bucket < PERCENT.test) return 'test';
  return bucket < PERCENT.test + PERCENT.validation ? 'validation' : 'train';
}

function generate<S extends TSchema>(definition: TaskDefinition<S>, request: ItemRequest): TaskItem<Static<S>>[] {
  const { name, difficulty: bounds } = definition;
  const { seed, count, split, difficulty = bounds.standard } = request;
  if (!Number.isInteger(difficulty) || difficulty < bounds.min || difficulty > bounds.max) {
    throw new RangeError(
      `${name}: difficulty is a whole number from ${bounds.min} to ${bounds.max}, not ${difficulty}`,
    );
  }
  const prompts = new Set<string>();
  return Array.from({ length: count }, (_, index) => {
    const id = `${name}-${difficulty}-${split}-${seed}-${index}`;
    const random = CounterRandom.fromSeed(id);
    for (let draw = 0; draw < MAX_DRAWS; draw++) {
      const data = definition.draw(random, difficulty);
      if (data === null || splitOfStructure(name, definition.structure(data)) !== split) continue;
      const prompt = definition.prompt(data);
      if (prompts.has(prompt)) continue;
      prompts.add(prompt);
      return { id, prompt, data };
    }
    throw new RangeError(`${name}: difficulty ${difficulty} has no ${count} distinct ${split} items; found ${index}`);
  });
}

function oracle<S extends TSchema>(
  definition: TaskDefinition<S>,
  item: TaskItem<Static<S>>,
  { style, backtracks = 0 }: TraceOptions,
): string {
  const answer = ANSWER_MARK + definition.solution(item.data);
  if (style === 'direct') return answer;
  const trace = definition.traces[style];
  if (!trace) throw new RangeError(`${definition.name} has no traces of style "${style}"`);
  const random = CounterRandom.fromSeed(`${item.id}:${style}:${backtracks}`);
  return `${trace(item.data, random, backtracks)} ${answer}`;
}
