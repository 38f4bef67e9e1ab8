/** Whether the run of a gate reached what the gate demands. */
import type { Gate, StoredRun } from '@preheat/contracts';

/** Why not, one sentence a demand; empty when every one is met. */
export function unmetDemands({ require }: Gate, run: StoredRun): string[] {
  if (run.state !== 'completed') {
    return [`The run of the gate ${run.state}${run.error ? `: ${run.error.message}` : ''}`];
  }
  return require.flatMap(({ testing_criteria: name = null, min_pass_rate, min_mean_score }) => {
    const { passRate, meanScore } = shares(run, name);
    const what = name ?? 'all criteria';
    const short = (measure: string, found: number, wanted: number | undefined) =>
      wanted === undefined || found >= wanted ? [] : [`${what}: ${measure} ${rounded(found)} is below ${wanted}`];
    return [...short('pass rate', passRate, min_pass_rate), ...short('mean score', meanScore, min_mean_score)];
  });
}

/** Over all items: what could not be answered or graded counts as 0 and as not passed. */
function shares({ counts, perCriterion }: StoredRun, name: string | null): { passRate: number; meanScore: number } {
  if (name === null) return { passRate: counts.passed / counts.total, meanScore: 0 };
  const criterion = perCriterion.find(({ testing_criteria }) => testing_criteria === name);
  return {
    passRate: (criterion?.passed ?? 0) / counts.total,
    meanScore: (criterion?.scoreSum ?? 0) / counts.total,
  };
}

const rounded = (value: number): string => String(Number(value.toFixed(6)));
