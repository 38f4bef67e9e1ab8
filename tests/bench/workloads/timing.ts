/** Clocks of a workload: whole steps after a warm-up, as the peers take them. */
const MS_PER_SECOND = 1000;

/** Seconds of every call of `work` after `warmup` calls that do not count. */
export async function timeSteps(
  { steps, warmup }: { readonly steps: number; readonly warmup: number },
  work: (step: number) => Promise<void>,
): Promise<number[]> {
  const seconds: number[] = [];
  for (let step = 0; step < warmup + steps; step++) {
    const started = performance.now();
    await work(step);
    if (step >= warmup) seconds.push((performance.now() - started) / MS_PER_SECOND);
  }
  return seconds;
}

export const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

/** The one line a side prints. */
export function report(result: Readonly<Record<string, unknown>>): void {
  console.log(JSON.stringify(result));
}
