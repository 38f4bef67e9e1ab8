/** What an experiment asks of a platform: train a model further, and have one answer the items of a suite. */
import type { Suite, TrainStep } from './experiment.js';
import type { PhaseWork } from './phase-work.js';

/** A model by the name it is called by on this platform, and by what made it, which is the same everywhere. */
export interface LabModel {
  readonly name: string;
  readonly origin: string;
}

/** What an evaluation on the first validation rows gave after a step; that of reinforcement begins at step 0, with its start. */
export interface CurvePoint {
  readonly step: number;
  /** Of supervised phases; nats a token. */
  readonly loss?: number;
  /** Of reinforcement: mean grade of greedy answers. */
  readonly reward?: number;
}

export interface Trained {
  readonly model: LabModel;
  readonly trainedTokens: number;
  readonly steps: number;
  /** From the job's creation to its end, waits and interruptions included. */
  readonly wallSeconds: number;
  readonly job: string;
  /** At every evaluation; absent without validation rows. */
  readonly curve?: readonly CurvePoint[];
  /** Absent where the platform does not keep the job. */
  readonly work?: PhaseWork;
}

/** Per item of the suite, in its order. */
export interface Answers {
  /** 0 or 1: the greedy answer is right. */
  readonly greedy: readonly number[];
  /** Tokens of the greedy answer. */
  readonly tokens: readonly number[];
  /** Right ones of `samples` sampled answers; empty for a suite without samples. */
  readonly sampledRight: readonly number[];
  /** 0 or 1: the answer that most samples give is right; empty for a suite without samples. */
  readonly votedRight: readonly number[];
  readonly wallSeconds: number;
}

export interface Lab {
  train(from: LabModel, step: TrainStep, seed: number): Promise<Trained>;
  answer(model: LabModel, suite: Suite): Promise<Answers>;
}
