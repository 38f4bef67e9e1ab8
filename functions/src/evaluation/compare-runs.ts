/** Two runs of an eval compared, criterion by criterion, over the items that both have. */
import {
  ApiError,
  type CompareRuns,
  type CriterionComparison,
  type RunComparison,
  type StoredEval,
  type StoredRun,
} from '@preheat/contracts';
import { type ItemScores, itemScores, type Mean } from './item-scores.js';
import { type MeanDifference, mostResamples, pairedBootstrap } from './paired-bootstrap.js';
import { modelOf } from './run-sampling.js';
import type { Runs } from './runs.js';

type Pair = readonly [baseline: ItemScores, candidate: ItemScores];

/** @throws ApiError `not_found` for a run, `invalid_request` when there is too little or too much to compare. */
export async function compareRuns(runs: Runs, evaluation: StoredEval, request: CompareRuns): Promise<RunComparison> {
  const { projectId, id: evalId, testingCriteria } = evaluation;
  const { seed = 0, resamples = 10_000, confidence = 0.95 } = request;
  const names = testingCriteria.map(({ name }) => name);
  const baseline = await runs.get(projectId, evalId, request.baseline);
  const candidate = await runs.get(projectId, evalId, request.candidate);
  const before = await itemScores(runs.items(baseline), names);
  const after = await itemScores(runs.items(candidate), names);
  const pairs = [...before].flatMap(([key, scores]): Pair[] => {
    const other = after.get(key);
    return other ? [[scores, other]] : [];
  });
  refuseExtremes(pairs.length, resamples, 1 + names.length);
  const measures = [null, ...names].map((name) => measureOf(pairs, name));
  const differences = await pairedBootstrap(
    measures.map(({ difference }) => difference),
    { seed, resamples, confidence },
  );
  return {
    object: 'eval.comparison',
    eval_id: evalId,
    baseline: side(baseline, before.size - pairs.length),
    candidate: side(candidate, after.size - pairs.length),
    paired_items: pairs.length,
    seed,
    resamples,
    confidence,
    results: measures.map((measure, i) => toResult(measure, differences[i] as MeanDifference)),
  };
}

function refuseExtremes(items: number, resamples: number, measures: number): void {
  if (items < 2) {
    const message = `The runs share ${items} items; a comparison needs at least two that both have.`;
    throw new ApiError('invalid_request', message, { param: 'candidate' });
  }
  const most = mostResamples(items, measures);
  if (resamples <= most) return;
  const message = `${resamples} resamples of ${items} items with ${measures - 1} criteria are too many; ask for at most ${most}.`;
  throw new ApiError('invalid_request', message, { param: 'resamples' });
}

interface Measure {
  readonly name: string | null;
  readonly baseline: Mean;
  readonly candidate: Mean;
  /** Candidate minus baseline, item by item. */
  readonly difference: Float64Array;
}

function measureOf(pairs: readonly Pair[], name: string | null): Measure {
  const of = ({ criteria, passed }: ItemScores): Mean =>
    name === null ? { score: passed, passed } : (criteria.get(name) ?? { score: 0, passed: 0 });
  const mean = (side: 0 | 1): Mean => ({
    score: pairs.reduce((sum, pair) => sum + of(pair[side]).score, 0) / pairs.length,
    passed: pairs.reduce((sum, pair) => sum + of(pair[side]).passed, 0) / pairs.length,
  });
  const difference = Float64Array.from(pairs, ([before, after]) => of(after).score - of(before).score);
  return { name, baseline: mean(0), candidate: mean(1), difference };
}

function toResult({ name, baseline, candidate, difference }: Measure, found: MeanDifference): CriterionComparison {
  const wins = difference.filter((value) => value > 0).length;
  const losses = difference.filter((value) => value < 0).length;
  const ties = difference.length - wins - losses;
  return {
    testing_criteria: name,
    baseline_mean: baseline.score,
    candidate_mean: candidate.score,
    mean_difference: found.mean,
    interval: { low: found.low, high: found.high },
    p_value: found.pValue,
    wins,
    losses,
    ties,
    win_rate: (wins + ties / 2) / difference.length,
    baseline_pass_rate: Math.min(1, baseline.passed),
    candidate_pass_rate: Math.min(1, candidate.passed),
  };
}

function side(run: StoredRun, unpaired: number): RunComparison['baseline'] {
  const model = modelOf(run.dataSource) ?? '';
  return { run_id: run.id, name: run.name, model, status: run.state, unpaired_items: unpaired };
}
