/**
 * Jobs with a deadline on machines that may be taken away (D8): each runs to its end by one rule of where to run and how often to
 * checkpoint, and pays the price of the machines it used.
 */
import { CounterRandom, fastUniforms } from '@preheat/ports';
import { checkpointEveryMs, spotOrOnDemand } from '../spot.js';
import type { Workload } from './workload.js';

export interface DeadlineOptions {
  readonly rule: 'on-demand' | 'spot' | 'spot-or-on-demand';
  /** Null: as often as Young's formula says. */
  readonly checkpointEveryMs: number | null;
  readonly checkpointMs: number;
  /** Mean time until a spot machine is taken away. */
  readonly meanLifeMs: number;
  readonly startMs: number;
  /** Whether the two minutes before a machine goes are used to save what it did. */
  readonly usesNotice: boolean;
  /** Of a spot machine, of one that stays. */
  readonly spotPrice: number;
  /** Time to the deadline, of the run time. */
  readonly slackFactor: number;
  readonly seed: number;
}

export interface DeadlineResult {
  /** In milliseconds of a machine that stays. */
  readonly cost: number;
  readonly lateShare: number;
  /** Starts, checkpoints and work done again, of the run time. */
  readonly wastedShare: number;
  readonly interruptions: number;
}

export function simulateDeadlines({ jobs }: Workload, options: DeadlineOptions): DeadlineResult {
  const uniform = fastUniforms(CounterRandom.fromSeed(options.seed).fork('deadlines'));
  const sum = { cost: 0, late: 0, wastedMs: 0, workMs: 0, interruptions: 0 };
  for (const { serviceMs } of jobs) {
    const run = runToEnd(serviceMs, options, uniform);
    sum.cost += run.cost;
    sum.late += run.isLate ? 1 : 0;
    sum.wastedMs += run.wastedMs;
    sum.workMs += serviceMs;
    sum.interruptions += run.interruptions;
  }
  const { cost, interruptions } = sum;
  return { cost, interruptions, lateShare: sum.late / jobs.length, wastedShare: sum.wastedMs / sum.workMs };
}

function runToEnd(serviceMs: number, options: DeadlineOptions, uniform: () => number) {
  const { checkpointMs, startMs, spotPrice, rule, usesNotice } = options;
  const hazardPerMs = 1 / options.meanLifeMs;
  const everyMs = options.checkpointEveryMs ?? checkpointEveryMs(checkpointMs, hazardPerMs);
  const deadlineMs = serviceMs * options.slackFactor + startMs;
  let [nowMs, leftMs, cost, interruptions] = [0, serviceMs, 0, 0];
  let on: 'spot' | 'on-demand' | null = null;
  while (leftMs > 0) {
    const timing = { remainingMs: leftMs, untilDeadlineMs: deadlineMs - nowMs, recoveryMs: startMs };
    const place: 'spot' | 'on-demand' =
      rule === 'spot-or-on-demand' ? spotOrOnDemand({ ...timing, checkpointMs, hazardPerMs }) : rule;
    const isSpot = place === 'spot';
    const beginMs: number = on === place ? 0 : startMs;
    // A machine that stays needs no checkpoints; on a spot machine the rule is asked again after each.
    const chunkMs = isSpot ? Math.min(everyMs, leftMs) : leftMs;
    const takesMs: number = beginMs + chunkMs + (isSpot ? checkpointMs : 0);
    // Lives have no memory: what is left of one is as long as a new one.
    const ranMs = Math.min(takesMs, isSpot ? -Math.log(1 - uniform()) * options.meanLifeMs : Infinity);
    const isTaken: boolean = ranMs < takesMs;
    const savedMs = usesNotice ? Math.max(0, ranMs - beginMs - checkpointMs) : 0;
    leftMs -= isTaken ? Math.min(chunkMs, savedMs) : chunkMs;
    nowMs += ranMs;
    cost += ranMs * (isSpot ? spotPrice : 1);
    interruptions += isTaken ? 1 : 0;
    on = isTaken ? null : place;
  }
  return { cost, interruptions, wastedMs: nowMs - serviceMs, isLate: nowMs > deadlineMs };
}
