/** Totals of a run, updated batch by batch in the same write that lists the batch's results: never out of step. */
import type { OutputItem, StoredRun } from '@preheat/contracts';

export function withItems(
  run: StoredRun,
  items: readonly OutputItem[],
): Pick<StoredRun, 'counts' | 'perCriterion' | 'usage'> {
  const count = (status: OutputItem['status']) => items.filter((item) => item.status === status).length;
  return {
    counts: {
      total: run.counts.total,
      errored: run.counts.errored + count('error'),
      failed: run.counts.failed + count('fail'),
      passed: run.counts.passed + count('pass'),
    },
    perCriterion: run.perCriterion.map((criterion) => {
      const results = items.flatMap((item) => item.results.filter(({ name }) => name === criterion.testing_criteria));
      const passed = results.filter((result) => result.passed).length;
      return {
        ...criterion,
        passed: criterion.passed + passed,
        failed: criterion.failed + results.length - passed,
      };
    }),
    usage: addUsage(run, items),
  };
}

function addUsage(run: StoredRun, items: readonly OutputItem[]): StoredRun['usage'] {
  if (run.dataSource.type !== 'completions') return [];
  const before = run.usage[0] ?? {
    model_name: run.dataSource.model,
    invocation_count: 0,
    prompt_tokens: 0,
    completion_tokens: 0,
    cached_tokens: 0,
    total_tokens: 0,
  };
  const sum = (of: (item: OutputItem) => number) => items.reduce((total, item) => total + of(item), 0);
  return [
    {
      ...before,
      invocation_count: before.invocation_count + items.filter((item) => item.sample.error === null).length,
      prompt_tokens: before.prompt_tokens + sum((item) => item.sample.usage.prompt_tokens),
      completion_tokens: before.completion_tokens + sum((item) => item.sample.usage.completion_tokens),
      total_tokens: before.total_tokens + sum((item) => item.sample.usage.total_tokens),
    },
  ];
}
