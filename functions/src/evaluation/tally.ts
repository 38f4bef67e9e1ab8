/** Totals of a run, updated batch by batch in the same write that lists the batch's results: never out of step. */
import type { ModelSample, ModelUsage, OutputItem, StoredRun } from '@preheat/contracts';
import { addRows } from '@preheat/graders';
import { modelOf } from './run-sampling.js';

/** @param items Of whole rows: every answer to each. */
export function withItems(
  run: StoredRun,
  items: readonly OutputItem[],
): Pick<StoredRun, 'counts' | 'perCriterion' | 'usage' | 'passAtK'> {
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
        scoreSum: results.reduce((sum, { score }) => sum + score, criterion.scoreSum ?? 0),
      };
    }),
    usage: addUsage(run, items),
    ...(run.passAtK ? { passAtK: addRows(run.passAtK, items, run.samplesPerItem ?? 1) } : {}),
  };
}

/** The model that answered comes first; then the judges, in the order in which they were first asked. */
function addUsage(run: StoredRun, items: readonly OutputItem[]): StoredRun['usage'] {
  const totals = new Map(run.usage.map((usage) => [usage.model_name, usage]));
  const model = modelOf(run.dataSource);
  for (const { sample, results } of items) {
    if (model !== null && sample.error === null) add(totals, model, sample.usage);
    for (const result of results) {
      const judges = [result.sample, ...Object.values(result.sub_samples ?? {})];
      // Answers that were remembered took nothing.
      for (const judge of judges) if (judge && judge.usage.total_tokens > 0) add(totals, judge.model, judge.usage);
    }
  }
  return [...totals.values()];
}

function add(totals: Map<string, ModelUsage>, model_name: string, usage: ModelSample['usage']): void {
  const before = totals.get(model_name);
  totals.set(model_name, {
    model_name,
    invocation_count: (before?.invocation_count ?? 0) + 1,
    prompt_tokens: (before?.prompt_tokens ?? 0) + usage.prompt_tokens,
    completion_tokens: (before?.completion_tokens ?? 0) + usage.completion_tokens,
    cached_tokens: (before?.cached_tokens ?? 0) + usage.cached_tokens,
    total_tokens: (before?.total_tokens ?? 0) + usage.total_tokens,
  });
}
