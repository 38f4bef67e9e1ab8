/** Mean score and passes of each testing criterion over the items of a run. */
import type { OutputItem } from '@preheat/sdk';

export interface CriterionMean {
  readonly name: string;
  readonly meanScore: number;
  readonly passed: number;
  readonly items: number;
}

/** In the order in which the criteria appear. */
export async function criterionMeans(items: AsyncIterable<Pick<OutputItem, 'results'>>): Promise<CriterionMean[]> {
  const sums = new Map<string, { score: number; passed: number; items: number }>();
  for await (const { results } of items) {
    for (const { name, score, passed } of results) {
      const sum = sums.get(name) ?? { score: 0, passed: 0, items: 0 };
      sums.set(name, { score: sum.score + score, passed: sum.passed + Number(passed), items: sum.items + 1 });
    }
  }
  return [...sums].map(([name, sum]) => ({ ...sum, name, meanScore: sum.score / sum.items })).map(withoutSum);
}

const withoutSum = ({ name, meanScore, passed, items }: CriterionMean): CriterionMean => ({
  name,
  meanScore,
  passed,
  items,
});
