/**
 * All arms with all seeds: trains each arm's steps in order and has the result answer every suite. Arms that begin alike
 * share what they have in common, because the lab keeps results by what made them.
 */
import type { Experiment, Suite } from './experiment.js';
import type { Answers, CurvePoint, Lab, LabModel } from './lab.js';
import { duration, type ProgressLog } from './progress-log.js';

/** The arm that is there without being asked for: the base itself. */
export const BASE_ARM = 'base';

export interface ArmRun {
  readonly arm: string;
  readonly seed: number;
  readonly answers: Readonly<Record<string, Answers>>;
  readonly trainedTokens: number;
  readonly steps: number;
  /** Of its training and answers, wherever and whenever they were made; what arms share counts in each. */
  readonly wallSeconds: number;
  /** Of its last phase; empty where that has no validation rows. */
  readonly curve: readonly CurvePoint[];
}

interface Stage {
  readonly base: LabModel;
  /** Null where no arm starts from fresh weights. */
  readonly fresh: LabModel | null;
  readonly lab: Lab;
  readonly log: ProgressLog;
  readonly nowMs: () => number;
}

/** In the order of arms, then seeds; the base first, which has no seed of its own and stands for each. */
export async function runArms(experiment: Experiment, { base, fresh, lab, log, nowMs }: Stage): Promise<ArmRun[]> {
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
    found.push(await runArm(experiment, arm, seed, start, lab));
    log.message(`${arm} seed ${seed}: done, ${index + 1} of ${tasks.length}`);
  }
  const order = Object.keys(arms);
  return [...runs, ...found.sort((a, b) => order.indexOf(a.arm) - order.indexOf(b.arm) || a.seed - b.seed)];
}

const NOTHING_TRAINED = { trainedTokens: 0, steps: 0, wallSeconds: 0, curve: [] };

async function runArm(experiment: Experiment, name: string, seed: number, start: LabModel, lab: Lab): Promise<ArmRun> {
  const totals = { ...NOTHING_TRAINED };
  let [model, curve]: [LabModel, readonly CurvePoint[]] = [start, []];
  for (const step of experiment.arms[name]?.steps ?? []) {
    const trained = await lab.train(model, step, step.shared_by_seeds ? 0 : seed);
    ({ model, curve = [] } = trained);
    totals.trainedTokens += trained.trainedTokens;
    totals.steps += trained.steps;
    totals.wallSeconds += trained.wallSeconds;
  }
  const answers = await answerAll(lab, model, suitesOf(experiment.suites, name));
  const answering = Object.values(answers).reduce((sum, { wallSeconds }) => sum + wallSeconds, 0);
  return { ...totals, wallSeconds: totals.wallSeconds + answering, arm: name, seed, answers, curve };
}

const suitesOf = (suites: Experiment['suites'], arm: string): Experiment['suites'] =>
  Object.fromEntries(Object.entries(suites).filter(([, { only_arms: only }]) => only?.includes(arm) ?? true));

async function answerAll(lab: Lab, model: LabModel, suites: Readonly<Record<string, Suite>>) {
  const answers: Record<string, Answers> = {};
  for (const [name, suite] of Object.entries(suites)) answers[name] = await lab.answer(model, suite);
  return answers;
}
