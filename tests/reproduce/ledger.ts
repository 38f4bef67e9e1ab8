/** The ledger entry of a system: what was run on what, every arm with every seed, the checks, and the verdict. */
import { createHash } from 'node:crypto';
import { cpus, totalmem } from 'node:os';
import type { Experiment } from './experiment.js';
import { type CheckResult, judgeChecks } from './judge-checks.js';
import type { ArmRun } from './run-arms.js';
import { type ArmScores, mean, rounded, scoresOf } from './scores.js';

export const VERDICTS = {
  reproduced: 'reproduced',
  partly: 'reproduced in the parts that were judged',
  not: 'not reproduced at this scale',
  unjudged: 'too small to judge',
} as const;
export type Verdict = (typeof VERDICTS)[keyof typeof VERDICTS];

/** A run at any other preset is a check of the machinery, whatever came out. */
export const JUDGED_PRESETS: readonly string[] = ['small', 'full'];

export interface LedgerEntry {
  readonly schemaVersion: 1;
  readonly system: string;
  readonly preset: string;
  readonly command: string;
  readonly claim: string;
  readonly criterion: string;
  readonly notes: readonly string[];
  /** Parts of the criterion that no check judges. */
  readonly unjudged?: readonly string[];
  readonly base: string;
  /** Hash of the base's files. */
  readonly base_origin: string;
  /** Of the experiment at this preset's sizes: an entry belongs to what was run. */
  readonly experiment_sha256: string;
  readonly machine: Readonly<Record<string, string | number>>;
  readonly seeds: readonly number[];
  readonly arms: Readonly<Record<string, LedgerArm>>;
  readonly checks: readonly CheckResult[];
  readonly verdict: Verdict;
}

export interface LedgerArm {
  readonly title: string;
  readonly by_seed: Readonly<
    Record<string, { trained_tokens: number; steps: number; wall_seconds: number; suites: Record<string, ArmScores> }>
  >;
  /** Greedy pass@1 by suite: mean over seeds with the lowest and highest seed. */
  readonly summary: Readonly<Record<string, { mean: number; low: number; high: number }>>;
}

export function ledgerEntry(
  experiment: Experiment,
  preset: string,
  runs: readonly ArmRun[],
  baseOrigin: string,
): LedgerEntry {
  const { system, claim, criterion, notes, unjudged, base, seeds } = experiment;
  const checks = judgeChecks(experiment, runs);
  return {
    schemaVersion: 1,
    system,
    preset,
    command: `npm run reproduce -- ${system} --preset ${preset}`,
    claim,
    criterion,
    notes,
    ...(unjudged ? { unjudged } : {}),
    base,
    base_origin: baseOrigin,
    experiment_sha256: experimentDigest(experiment),
    machine: machineFacts(),
    seeds,
    arms: Object.fromEntries(
      [...new Set(runs.map(({ arm }) => arm))].map((arm) => [arm, armEntry(experiment, arm, runs)]),
    ),
    checks,
    verdict: verdictOf(checks, preset, unjudged),
  };
}

export function verdictOf(checks: readonly CheckResult[], preset: string, unjudged: readonly string[] = []): Verdict {
  if (!JUDGED_PRESETS.includes(preset)) return VERDICTS.unjudged;
  if (!checks.every(({ passed }) => passed)) return VERDICTS.not;
  return unjudged.length > 0 ? VERDICTS.partly : VERDICTS.reproduced;
}

export const experimentDigest = (experiment: Experiment): string =>
  createHash('sha256').update(JSON.stringify(experiment)).digest('hex');

function armEntry({ arms, suites }: Experiment, name: string, all: readonly ArmRun[]): LedgerArm {
  const runs = all.filter(({ arm }) => arm === name);
  const scores = runs.map(({ answers }) =>
    Object.fromEntries(
      Object.entries(answers).map(([suite, answer]) => [suite, scoresOf(answer, suites[suite]?.samples ?? 0)]),
    ),
  );
  const bySeed = runs.map(({ seed, trainedTokens, steps, wallSeconds }, i) => [
    String(seed),
    { trained_tokens: trainedTokens, steps, wall_seconds: wallSeconds, suites: scores[i] ?? {} },
  ]);
  const answered = Object.keys(suites).filter((suite) => scores.some((score) => score[suite]));
  const summary = answered.map((suite) => {
    const values = scores.map((score) => score[suite]?.pass_1_greedy ?? Number.NaN);
    return [suite, { mean: rounded(mean(values)), low: Math.min(...values), high: Math.max(...values) }];
  });
  return {
    title: arms[name]?.title ?? 'the base checkpoint, not trained further',
    by_seed: Object.fromEntries(bySeed),
    summary: Object.fromEntries(summary),
  };
}

/** What speed depends on, and nothing that names the machine. */
function machineFacts() {
  const [first] = cpus();
  return {
    cpu: first?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memory_gib: Math.round(totalmem() / 2 ** 30),
    node: process.versions.node,
  };
}
