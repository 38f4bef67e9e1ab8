/** The scores of one evaluation run, word by word in the order of the file, so that models can be compared in pairs. */
import type { OutputItem } from '@preheat/sdk';
import { CommandFailed } from '../io.js';

export interface Scores {
  /** Per word, 0 or 1: all phonemes right. */
  readonly exact: readonly number[];
  /** Per word: edits ÷ phonemes of the nearest reference, at most 1. */
  readonly phonemeErrorRate: readonly number[];
  /** Per word, 0 to 1: what RL was trained on. */
  readonly reward: readonly number[];
}

/** Throws `CommandFailed` when an item has errors or a word is missing: a mean over fewer words would not be comparable. */
export async function readScores(items: AsyncIterable<OutputItem>, expected: number, model: string): Promise<Scores> {
  const read: OutputItem[] = [];
  for await (const item of items) read.push(item);
  if (read.length !== expected) throw new CommandFailed(`the run of ${model} has ${read.length} of ${expected} items`);
  read.sort((a, b) => a.datasource_item_id - b.datasource_item_id);
  const phonemes = read.map((item) => criterion(item, 'phonemes', model));
  return {
    exact: phonemes.map(({ passed }) => Number(passed)),
    phonemeErrorRate: phonemes.map(({ score }) => 1 - score),
    reward: read.map((item) => criterion(item, 'reward', model).score),
  };
}

function criterion(item: OutputItem, name: string, model: string): OutputItem['results'][number] {
  const result = item.results.find((candidate) => candidate.name === name);
  if (item.sample.error === null && result !== undefined) return result;
  const reason = item.sample.error?.message ?? `it has no result "${name}"`;
  throw new CommandFailed(`item ${item.datasource_item_id} of the run of ${model} cannot be scored: ${reason}`);
}
