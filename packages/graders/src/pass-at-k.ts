/**
 * pass@k: the chance that at least one of k answers to a row passes, estimated without bias from n answers of which c passed:
 * 1 − C(n − c, k) / C(n, k), averaged over rows (Chen et al. 2021, "Evaluating Large Language Models Trained on Code", §2.1).
 */
import type { OutputItem, StoredRun } from '@preheat/contracts';

/** @param n answers, @param c of them passed, @param k at most n. As a product: no factorial overflows. */
export function passAtK(n: number, c: number, k: number): number {
  if (n - c < k) return 1;
  let allFail = 1;
  for (let i = n - c + 1; i <= n; i++) allFail *= 1 - k / i;
  return 1 - allFail;
}

/** The powers of two up to n, and n: [1, 2, 4, 6] for 6. */
export function defaultKs(n: number): number[] {
  const powers = Array.from({ length: Math.floor(Math.log2(n)) + 1 }, (_, i) => 2 ** i);
  return [...new Set([...powers, n])];
}

type Sums = NonNullable<StoredRun['passAtK']>;

/** Sums of nothing yet, for every criterion and for all together. */
export function emptyPassAtK(ks: readonly number[], criteria: readonly string[]): Sums {
  return [null, ...criteria].flatMap((criterion) => ks.map((k) => ({ criterion, k, sum: 0 })));
}

/** The sums after more rows; every row comes with all its answers. An answer that is missing or failed did not pass. */
export function addRows(sums: Sums, items: readonly OutputItem[], n: number): Sums {
  const rows = byRow(items);
  return sums.map((one) => {
    const passed = rows.map((answers) => answers.filter((item) => hasPassed(item, one.criterion)).length);
    return { ...one, sum: passed.reduce((sum, c) => sum + passAtK(n, c, one.k), one.sum) };
  });
}

function byRow(items: readonly OutputItem[]): OutputItem[][] {
  const rows = new Map<number, OutputItem[]>();
  for (const item of items) {
    const row = rows.get(item.datasource_item_id);
    if (row) row.push(item);
    else rows.set(item.datasource_item_id, [item]);
  }
  return [...rows.values()];
}

function hasPassed(item: OutputItem, criterion: string | null): boolean {
  if (criterion === null) return item.status === 'pass';
  return item.results.some(({ name, passed }) => name === criterion && passed);
}
