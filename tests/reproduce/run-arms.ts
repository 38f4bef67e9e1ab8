/**
 * All arms with all seeds: trains each arm's steps in order and has the result answer every suite. Arms that begin alike
 * share what they have in common, because the lab keeps results by what made them.
 */
import type { DecoderConfig } from '@preheat/contracts';
import type { Experiment, Suite } from './experiment.js';
import type { Answers, CurvePoint, Lab, LabModel, Trained } from './lab.js';
import { phaseFlops, type PolicyMeasures } from './phase-work.js';
import { duration, type ProgressLog } from './progress-log.js';

/** The arm that is there without being asked for: the base itself. */
export const BASE_ARM = 'base';

export interface ArmRun {
  readonly arm: string;
  readonly seed: number;
  readonly answers: Readonly<Record<string, Answers>>;
  readonly trainedTokens: number;
  readonly steps: number;
  /** Of all its phases; null where a job is not there to be asked. */
  readonly spent: { readonly sampledTokens: number; readonly flops: number } | null;
  /** Of its last phase that sampled. */
  readonly policy: PolicyMeasures | null;
  /** Of its training and answers, wherever and whenever they were made; what arms share counts in each. */
  readonly wallSeconds: number;
  /** Of its last phase, those that the experiment names and the phase logged. */
  readonly metrics: Readonly<Record<string, number>>;
  /** Of its last phase; empty where that has no validation rows. */
  readonly curve: readonly CurvePoint[];
}

interface Stage {
  readonly base: LabModel;
  /** Null where no arm starts from fresh weights. */
  readonly fresh: LabModel | null;
  /** The shape of both. */
  readonly decoder: DecoderConfig;
  readonly lab: Lab;
  readonly log: ProgressLog;
  readonly nowMs: () => number;
}

/** In the order of arms, then seeds; the base first, which has no seed of its own and stands for each. */
export async function runArms(
  experiment: Experiment,
  { base, fresh, decoder, lab, log, nowMs }: Stage,
): Promise<ArmRun[]> {
  const { suites, seeds, arms } = experiment;
  const baseAnswers = await answerAll(lab, base, suitesOf(suites, BASE_ARM));
  const runs = seeds.map((seed) => ({ ...NOTHING_TRAINED, arm: BASE_ARM, seed, answers: baseAnswers }));
  const tasks = seeds.flatMap((seed) => Object.keys(arms).map((arm) => ({ arm, seed })));
  const startMs = nowMs();
  const found: ArmRun[] = [];
  for (const [index, { arm, seed }] of tasks.entries()) {
    const left =
      index === 0 ? '' : `, about ${duration(((nowMs() - startMs) / index / 1000) * (tasks.length - index))} left`;
    log.under(`${arm} seed ${seed} (${index + 1} of ${tasks.length}${left}): `);
    const start = arms[arm]?.from === 'fresh' ? fresh : base;
    if (!start) throw new Error(`the arm ${arm} starts from fresh weights, and this lab has none`);
    found.push(await runArm(experiment, { arm, seed, start, decoder, lab }));
    log.message(`${arm} seed ${seed}: done, ${index + 1} of ${tasks.length}`);
  }
  const order = Object.keys(arms);
  return [...runs, ...found.sort((a, b) => order.indexOf(a.arm) - order.indexOf(b.arm) || a.seed - b.seed)];
}

const NOTHING_TRAINED = {
  trainedTokens: 0,
  steps: 0,
  spent: { sampledTokens: 0, flops: 0 },
  policy: null,
  wallSeconds: 0,
  metrics: {},
  curve: [],
};

interface Turn extends Pick<Stage, 'decoder' | 'lab'> {
  readonly arm: string;
  readonly seed: number;
  readonly start: LabModel;
}

async function runArm(experiment: Experiment, { arm, seed, start, decoder, lab }: Turn): Promise<ArmRun> {
  const phases: Trained[] = [];
  for (const step of experiment.arms[arm]?.steps ?? []) {
    phases.push(await lab.train(phases.at(-1)?.model ?? start, step, step.shared_by_seeds ? 0 : seed));
  }
  const answers = await answerAll(lab, phases.at(-1)?.model ?? start, suitesOf(experiment.suites, arm));
  return {
    arm,
    seed,
    answers,
    trainedTokens: total(phases.map(({ trainedTokens }) => trainedTokens)),
    steps: total(phases.map(({ steps }) => steps)),
    spent: spentOn(phases, decoder),
    policy: phases.map(({ work }) => work?.policy ?? null).findLast((policy) => policy !== null) ?? null,
    wallSeconds: total([...phases, ...Object.values(answers)].map(({ wallSeconds }) => wallSeconds)),
    metrics: named(phases.at(-1)?.work?.means ?? {}, experiment.metrics ?? []),
    curve: phases.at(-1)?.curve ?? [],
  };
}

const named = (means: Readonly<Record<string, number>>, names: readonly string[]): Record<string, number> =>
  Object.fromEntries(names.flatMap((name) => (means[name] === undefined ? [] : [[name, means[name]]])));

function spentOn(phases: readonly Trained[], decoder: DecoderConfig): ArmRun['spent'] {
  const works = phases.flatMap(({ work }) => work ?? []);
  if (works.length < phases.length) return null;
  return {
    sampledTokens: total(works.map(({ sampledTokens }) => sampledTokens)),
    flops: total(works.map((work) => phaseFlops(decoder, work))),
  };
}

const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

const suitesOf = (suites: Experiment['suites'], arm: string): Experiment['suites'] =>
  Object.fromEntries(Object.entries(suites).filter(([, { only_arms: only }]) => only?.includes(arm) ?? true));

async function answerAll(lab: Lab, model: LabModel, suites: Readonly<Record<string, Suite>>) {
  const answers: Record<string, Answers> = {};
  for (const [name, suite] of Object.entries(suites)) answers[name] = await lab.answer(model, suite);
  return answers;
}
