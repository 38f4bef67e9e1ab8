/**
 * The seam between an algorithm and the platform. A recipe turns a context into a state and a state into the next one; the
 * state is the checkpoint. It never sees a store, a queue or a wall clock, so a runner can stop it after any step and
 * another can go on, bit for bit.
 */
import type { LoraAdapter, LoraConfig, TensorMap } from '@preheat/checkpoints';
import type { DecoderConfig, PreferenceRow, ReinforcementRow } from '@preheat/contracts';
import type { CompiledGrader, GradeResult, GradingContext } from '@preheat/graders';
import type { Executor } from '@preheat/nn';
import type { Log } from '@preheat/ports';
import type { Tokenizer } from '@preheat/tokenizer';

/** A row of a data file; RL rows carry more keys, which graders read. */
export type TrainingRow = ReinforcementRow;
/** What the phases of all types are given. */
export type AnyRow = TrainingRow | PreferenceRow;

export interface RolloutPrompt {
  readonly tokens: Int32Array;
  /** Identity of the row's randomness; unique within one call. */
  readonly rowKey: number;
}

/** A completion that repeats a pattern of at most `maxPattern` tokens `count` times in a row is ended there. */
export interface RepetitionLimit {
  readonly maxPattern: number;
  readonly count: number;
}

/** A part of a completion; the next one begins where it ends, and the last one ends the completion. */
export interface RolloutSegment {
  readonly temperature: number;
  readonly topP: number;
  /** Absent: as many tokens as are left. */
  readonly maxTokens?: number;
  /** Asked after each token, with those of the segment, the newest last: whether it ends with that. Absent: it does not. */
  readonly isEnd?: (tokens: readonly number[]) => boolean;
  /** Appended where it comes to `maxTokens` without its end, as far as there is room; nothing draws them. Absent: none. */
  readonly forced?: readonly number[];
  /** Samples drawn from where it ends, each with chance of its own. */
  readonly forks: number;
}

export interface RolloutOptions {
  readonly maxNewTokens: number;
  /** 0 is greedy. */
  readonly temperature: number;
  readonly topP: number;
  readonly seed: number;
  readonly stopIds: readonly number[];
  /** Null lets completions repeat themselves up to their limit. */
  readonly repetition: RepetitionLimit | null;
  /** Null: one segment, drawn as said above. */
  readonly segments: readonly RolloutSegment[] | null;
  readonly signal: AbortSignal;
}

export interface RolloutSample {
  /** The stop token included, when one was drawn. */
  readonly tokens: Int32Array;
  /** Natural log-probabilities at the temperature each token was drawn at, of the whole distribution also where topP cuts it. */
  readonly logProbs: Float32Array;
  /** Of each token, the number of its segment; only of samples drawn in segments. */
  readonly segmentNumbers?: Uint8Array;
  /** Of each token, 1 where nothing drew it: its log-probability is 0. Only of samples that may have such. */
  readonly forced?: Uint8Array;
  /** Tokens at its beginning that it shares with the other samples of its prompt; only where those were to be forked. */
  readonly sharedTokens?: number;
  readonly finishReason: 'stop' | 'length' | 'repetition';
  /** Version of the weights that drew the sample. */
  readonly policyVersion: number;
}

/** Sampling from the policy under training; the runner supplies it, because recipes may not know how it is served. */
export interface Rollouts {
  /** One sample a prompt, or one for each of its forks, in order; a pure function of weights, prompt, row key and options. */
  generate(prompts: readonly RolloutPrompt[], options: RolloutOptions): Promise<RolloutSample[]>;
  /** Copies the weights; later samples carry the version. */
  updateWeights(weights: TensorMap, policyVersion: number): Promise<void>;
}

export interface RecipeContext<Config, Row = TrainingRow> {
  readonly config: Config;
  readonly seed: number;
  readonly modelConfig: DecoderConfig;
  /** What the phase starts from: the base model, or the end of the phase before. */
  readonly initialWeights: TensorMap;
  /**
   * The policy that a penalty holds the phase to: the model before the first step of the phase, or of the job, also when the
   * phase is resumed. Every checkpoint refers to it, so that a recipe keeps no copy.
   */
  readonly referencePolicy: () => Promise<ReferenceWeights>;
  /** Where the phase trains an adapter on those weights: the one it goes on with; absent or null for a fresh one. */
  readonly adapter?: LoraAdapter | null;
  readonly tokenizer: Tokenizer;
  readonly trainingRows: readonly Row[];
  readonly validationRows: readonly Row[];
  readonly executor: Executor;
  /** Tokens of a micro-batch at most; undefined for the trainer's own default. Results differ by rounding only. */
  readonly microBatchTokens?: number | undefined;
  /** Present in reinforcement phases, as is `grader`. */
  readonly rollouts: Rollouts | null;
  readonly grader: PhaseGrader | null;
  /** Aborting ends the step under way with the signal's reason. The state before it may be spoilt. */
  readonly signal: AbortSignal;
  /**
   * Aborting ends the step under way with the signal's reason where the state before it is still whole, which is until
   * weights are updated; later the step runs to its end. So a runner that is asked to leave loses no finished step.
   */
  readonly yielding?: AbortSignal;
  readonly log: Log;
  /** For the timing metrics only: nothing else may depend on it. */
  readonly monotonicMs: () => number;
}

/** Weights, and the adapter on them: null where there is none, or it is folded in because the phase trains on other weights. */
export interface ReferenceWeights {
  readonly weights: TensorMap;
  readonly adapter: LoraAdapter | null;
}

/** The grader of the phase with whatever it calls: time limits, repeats and memory are the runner's. */
export interface PhaseGrader {
  readonly compiled: CompiledGrader;
  /** In order. @throws the reason of `signal` when it is aborted; nothing else. */
  gradeAll(samples: readonly GradingContext[], signal: AbortSignal): Promise<GradeResult[]>;
}

/** Everything a recipe needs to continue. `plain` is JSON; the tensors are copies. */
export interface Snapshot {
  /** What was trained, under the model's own tensor names: the whole model, or the matrices of an adapter. */
  readonly weights: TensorMap;
  /** The settings of the adapter; null where the whole model was trained. */
  readonly adapter: LoraConfig | null;
  /** Optimiser moments and whatever else only training needs. */
  readonly optimizer: TensorMap;
  readonly plain: Readonly<Record<string, unknown>>;
}

/** Answers to validation rows with what they earned; those to one row are adjacent. */
export interface ValidationAnswers {
  readonly completions: readonly {
    readonly row: TrainingRow;
    readonly prompt: Int32Array;
    readonly sample: RolloutSample;
  }[];
  readonly grades: readonly GradeResult[];
  /** How they were drawn. */
  readonly drawn: { readonly perRow: number; readonly temperature: number; readonly seed: number };
}

export interface StepResult<State> {
  readonly state: State;
  readonly done: boolean;
  /** Flat and finite: what checkpoints and result files carry. */
  readonly metrics: Readonly<Record<string, number>>;
  /** Tokens of training rows that the step consumed. */
  readonly tokens: number;
  /** The step as a job event; `data` has the metrics and may nest more. */
  readonly event: { readonly message: string; readonly data: Readonly<Record<string, unknown>> };
  /** What is wrong with the step though it went through, each an event of its own. */
  readonly warnings?: readonly string[];
  /** Of a step at which the validation rows were answered. */
  readonly validation?: ValidationAnswers | null;
}

export interface Recipe<Config, State, Row = TrainingRow> {
  readonly name: string;
  /** The state before the first step. */
  init(ctx: RecipeContext<Config, Row>): Promise<State>;
  /** The state that `snapshot` was taken of. @throws InvariantError for a snapshot of another recipe or model. */
  restore(ctx: RecipeContext<Config, Row>, snapshot: Snapshot): Promise<State>;
  snapshot(state: State): Promise<Snapshot>;
  /** Collect, score, update, log: one step. The state passed in must not be used afterwards. */
  step(state: State, ctx: RecipeContext<Config, Row>): Promise<StepResult<State>>;
  dispose(state: State): Promise<void>;
}

/** A recipe as the runner holds it: configs come from the job document, states are opaque. */
export type AnyRecipe = Recipe<Readonly<Record<string, unknown>>, unknown, AnyRow>;
