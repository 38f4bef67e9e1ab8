/** The ledger entry of a system: what was run on what, every arm with every seed, the checks, and the verdict. */
import { createHash } from 'node:crypto';
import { cpus, totalmem } from 'node:os';
import type { Experiment } from './experiment.js';
import { type CheckResult, judgeChecks } from './judge-checks.js';
import { forgetting } from './forgetting.js';
import type { PolicyMeasures } from './phase-work.js';
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

/** Mean over seeds with the lowest and highest seed. */
export interface OverSeeds {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

export interface Losses {
  readonly first: number;
  readonly last: number;
}

export interface LedgerSeed {
  readonly trained_tokens: number;
  /** Of completions that were trained on; absent, as what follows, where the job was not there to be asked. */
  readonly sampled_tokens?: number;
  /** By the formula in phase-work.ts. */
  readonly training_flops?: number;
  readonly steps: number;
  readonly wall_seconds: number;
  /** After the last step that sampled; only of arms with one. */
  readonly policy?: PolicyMeasures;
  /** Of the evaluations of its last phase, nats a token; only where that is supervised and has validation rows. */
  readonly losses?: Losses;
  /** Those that the experiment names. */
  readonly metrics?: Readonly<Record<string, number>>;
  readonly suites: Readonly<Record<string, ArmScores>>;
}

export interface LedgerArm {
  readonly title: string;
  readonly by_seed: Readonly<Record<string, LedgerSeed>>;
  /** Greedy pass@1 by suite. */
  readonly summary: Readonly<Record<string, OverSeeds>>;
  /** What greedy pass@1 lost against the base, by suite of a task that no phase of the arm trains on; below 0: gained. */
  readonly forgetting?: Readonly<Record<string, OverSeeds>>;
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

function armEntry(experiment: Experiment, name: string, all: readonly ArmRun[]): LedgerArm {
  const { arms, suites } = experiment;
  const runs = all.filter(({ arm }) => arm === name);
  const scores = runs.map(({ answers }) =>
    Object.fromEntries(
      Object.entries(answers).map(([suite, answer]) => [suite, scoresOf(answer, suites[suite]?.samples ?? 0)]),
    ),
  );
  const bySeed = runs.map((run, i) => [String(run.seed), { ...costOf(run), suites: scores[i] ?? {} }]);
  const passes = (suite: string) => scores.flatMap((score) => score[suite]?.pass_1_greedy ?? []);
  const answered = Object.keys(suites).filter((suite) => passes(suite).length > 0);
  const lost = forgetting(experiment, name, all);
  return {
    title: arms[name]?.title ?? 'the base checkpoint, not trained further',
    by_seed: Object.fromEntries(bySeed),
    summary: Object.fromEntries(answered.map((suite) => [suite, overSeeds(passes(suite))])),
    ...(lost.size > 0
      ? { forgetting: Object.fromEntries([...lost].map(([suite, values]) => [suite, overSeeds(values)])) }
      : {}),
  };
}

function costOf(run: ArmRun): Omit<LedgerSeed, 'suites'> {
  const { trainedTokens, steps, wallSeconds, spent, policy, metrics, curve } = run;
  const losses = curve.flatMap(({ loss }) => loss ?? []);
  const [first, last] = [losses[0], losses.at(-1)];
  return {
    trained_tokens: trainedTokens,
    ...(spent && { sampled_tokens: spent.sampledTokens, training_flops: Number(spent.flops.toPrecision(4)) }),
    steps,
    wall_seconds: wallSeconds,
    ...(policy && { policy }),
    ...(first !== undefined && last !== undefined && { losses: { first: rounded(first), last: rounded(last) } }),
    ...(Object.keys(metrics).length > 0 && { metrics: roundedAll(metrics) }),
  };
}

const roundedAll = (values: Readonly<Record<string, number>>): Record<string, number> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, rounded(value)]));

const overSeeds = (values: readonly number[]): OverSeeds => ({
  mean: rounded(mean(values)),
  low: rounded(Math.min(...values)),
  high: rounded(Math.max(...values)),
});

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
