/**
 * O3: the least that a shared pool with swaps can cost, arrivals and ends fixed, nothing started ahead. A runner's life is a
 * path through the jobs it serves; the cheapest cover of all jobs by paths is an assignment of each job to the one before it
 * on its runner. O4: the same with at most `cap` runners: the Lagrangian dual in the number of paths, which is the optimum of
 * the linear programme, and, because the constraints are those of a flow, that of whole runners too.
 */
import type { Prices } from '../../policy.js';
import type { Job } from '../workload.js';
import { minimumCostAssignment } from './assignment.js';

export interface PathCosts {
  readonly prices: Prices;
  readonly bootMs: number;
  readonly loadMs: number;
}

export function sharedPoolOracle(jobs: readonly Job[], costs: PathCosts): number {
  return cheapestCover(jobs, costs, 0).cost;
}

/** Steps of the search for the best price of a runner; the bound is valid after any number of them. */
const DUAL_STEPS = 24;

/** @returns A lower bound, tight up to the search; Infinity when more than `cap` jobs overlap, since ends are fixed. */
export function cappedPoolOracle(jobs: readonly Job[], costs: PathCosts, cap: number): number {
  if (mostAtOnce(jobs) > cap) return Infinity;
  // No runner is worth more than all the misses that it could save.
  let [low, high, best] = [0, jobs.length * fullCost(costs), 0];
  for (let step = 0; step < DUAL_STEPS; step++) {
    const price = step === 0 ? 0 : (low + high) / 2;
    const { cost, paths } = cheapestCover(jobs, costs, price);
    best = Math.max(best, cost - price * cap);
    if (step === 0 && paths <= cap) return best;
    if (paths > cap) low = price;
    else high = price;
  }
  return best;
}

export function mostAtOnce(jobs: readonly Job[]): number {
  const changes = jobs.flatMap(({ arriveMs, serviceMs }) => [
    { atMs: arriveMs, by: 1 },
    { atMs: arriveMs + serviceMs, by: -1 },
  ]);
  let [now, most] = [0, 0];
  for (const { by } of changes.sort((a, b) => a.atMs - b.atMs || a.by - b.by)) {
    now += by;
    most = Math.max(most, now);
  }
  return most;
}

const fullCost = ({ prices, bootMs, loadMs }: PathCosts): number =>
  (bootMs + loadMs) * (prices.runner + prices.waiting);

/** @param pathPrice Added for each runner that serves a first job. */
function cheapestCover(jobs: readonly Job[], costs: PathCosts, pathPrice: number): { cost: number; paths: number } {
  const size = jobs.length;
  const first = fullCost(costs) + pathPrice;
  const matrix = new Float64Array(size * size);
  for (const [row, job] of jobs.entries()) {
    for (const [column, before] of jobs.entries()) {
      const next = stepCost(before, job, costs);
      // A column that the row does not follow stands for no predecessor: there are as many columns as rows.
      matrix[row * size + column] = next === null ? first : Math.min(next, first);
    }
  }
  const { cost, columns } = minimumCostAssignment(matrix, size);
  let paths = 0;
  for (const [row, column] of columns.entries()) {
    const next = stepCost(jobs[column] as Job, jobs[row] as Job, costs);
    if (next === null || next >= first) paths++;
  }
  return { cost, paths };
}

/** Of serving `job` after `before` on one runner: kept warm in between, or started anew. Null when it is not free by then. */
function stepCost(before: Job, job: Job, costs: PathCosts): number | null {
  const gapMs = job.arriveMs - (before.arriveMs + before.serviceMs);
  if (gapMs < 0 || before === job) return null;
  const { prices, loadMs } = costs;
  const swap = before.key === job.key ? 0 : loadMs * (prices.runner + prices.waiting);
  return Math.min(gapMs * prices.runner + swap, fullCost(costs));
}
