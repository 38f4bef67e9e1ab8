/**
 * The scores of a run by item, ready to be paired with another run's. An item is what its row holds, wherever the row came
 * from; several answers to it, or rows that are equal, count once with their mean, since they are not independent.
 */
import { createHash } from 'node:crypto';
import type { OutputItem } from '@preheat/contracts';

export interface ItemScores {
  /** Mean score and share of passes, by criterion. */
  readonly criteria: ReadonlyMap<string, Mean>;
  /** Share of answers that passed every criterion. */
  readonly passed: number;
}

export interface Mean {
  readonly score: number;
  readonly passed: number;
}

interface Sums {
  answers: number;
  passed: number;
  readonly criteria: Map<string, Mean>;
}

/** By the digest of the item. An answer without a result for a criterion scored 0 there: it could not be given or graded. */
export async function itemScores(
  items: AsyncIterable<OutputItem>,
  criteria: readonly string[],
): Promise<Map<string, ItemScores>> {
  const sums = new Map<string, Sums>();
  for await (const item of items) {
    const key = digestOf(item.datasource_item);
    const sum = sums.get(key) ?? { answers: 0, passed: 0, criteria: new Map<string, Mean>() };
    sums.set(key, sum);
    sum.answers += 1;
    sum.passed += Number(item.status === 'pass');
    for (const { name, score, passed } of item.results) {
      const before = sum.criteria.get(name) ?? { score: 0, passed: 0 };
      sum.criteria.set(name, { score: before.score + score, passed: before.passed + Number(passed) });
    }
  }
  return new Map([...sums].map(([key, sum]) => [key, meansOf(sum, criteria)]));
}

function meansOf(sum: Sums, criteria: readonly string[]): ItemScores {
  const mean = (name: string): Mean => {
    const { score, passed } = sum.criteria.get(name) ?? { score: 0, passed: 0 };
    return { score: score / sum.answers, passed: passed / sum.answers };
  };
  return { criteria: new Map(criteria.map((name) => [name, mean(name)])), passed: sum.passed / sum.answers };
}

/** Equal for equal items, whatever the order of their keys. */
function digestOf(item: unknown): string {
  return createHash('sha256').update(JSON.stringify(item, sortedKeys)).digest('base64');
}

function sortedKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
