/** Mean score and passes of each testing criterion over the items of a run, and what went wrong first. */
import type { OutputItem } from '@preheat/sdk';

export interface CriterionMean {
  readonly name: string;
  readonly meanScore: number;
  readonly passed: number;
  readonly items: number;
}

export interface ItemSummary {
  /** In the order in which the criteria appear. */
  readonly criteria: CriterionMean[];
  /** Of the first item that could not be answered or graded. */
  readonly firstError?: string;
}

type Item = Pick<OutputItem, 'results' | 'sample'>;

export async function summariseItems(items: AsyncIterable<Item>): Promise<ItemSummary> {
  const sums = new Map<string, { score: number; passed: number; items: number }>();
  let firstError: string | undefined;
  for await (const { results, sample } of items) {
    firstError ??= sample.error?.message ?? results.flatMap(gradingErrors)[0];
    for (const { name, score, passed } of results) {
      const sum = sums.get(name) ?? { score: 0, passed: 0, items: 0 };
      sums.set(name, { score: sum.score + score, passed: sum.passed + Number(passed), items: sum.items + 1 });
    }
  }
  const criteria = [...sums].map(([name, sum]) => ({ ...sum, name, meanScore: sum.score / sum.items })).map(withoutSum);
  return firstError === undefined ? { criteria } : { criteria, firstError };
}

/** An extension, so not part of the type that follows OpenAI's. */
const gradingErrors = ({ errors }: Item['results'][number]): string[] =>
  Array.isArray(errors) ? errors.map(String) : [];

const withoutSum = ({ name, meanScore, passed, items }: CriterionMean): CriterionMean => ({
  name,
  meanScore,
  passed,
  items,
});
