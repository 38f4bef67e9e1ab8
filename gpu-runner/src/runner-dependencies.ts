/** What a runner is made of; assembled once in main.ts, replaced by memory adapters and a virtual clock in tests. */
import type { publishBundle } from '@preheat/checkpoints';
import type { Executor } from '@preheat/executor';
import type { GraderPool } from '@preheat/graders';
import type { ExecutionProvider } from '@preheat/inference';
import type { ModelRegistry } from '@preheat/inference/model-registry';
import type { JobStore } from '@preheat/jobs';
import type { Clock, Ids, JsonValue, Log, ObjectStore, WorkQueue } from '@preheat/ports';
import type { AnyRecipe } from '@preheat/recipes';
import type { compareGraphs } from './compare-graphs.js';
import type { HeldModels } from './held-models.js';
import type { MemoryReader } from './peak-memory.js';

export interface RunnerDependencies {
  readonly runnerId: string;
  readonly store: ObjectStore;
  readonly queue: WorkQueue<JsonValue>;
  /** Where evaluation is told of models to come. Default: nobody is. */
  readonly evaluationQueue?: WorkQueue<JsonValue>;
  readonly jobs: JobStore;
  readonly models: ModelRegistry;
  /** What outlives jobs in memory. Default: nothing does, every job reads its model. */
  readonly heldModels?: HeldModels;
  readonly executor: Executor;
  readonly graders: GraderPool;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly leaseTtlMs: number;
  /** Tokens of a training micro-batch at most; undefined for the trainer's default. */
  readonly microBatchTokens?: number | undefined;
  /** Where rollouts are decoded. Default `cpu`. */
  readonly rolloutProvider?: ExecutionProvider;
  /** Worker threads that sample rollouts, each with one thread of its own. */
  readonly rolloutWorkers: number;
  /** How many jobs of a project may hold a runner at a time. Default: any number. */
  readonly jobsPerProject?: (projectId: string) => number;
  /** Of this runner's time, in the currency that budgets are in. Default 0. */
  readonly pricePerHour?: number;
  /** Memory of this process, told with each step. Default: not told. */
  readonly memory?: MemoryReader;
  /** When this process started, for the account of cold starts. */
  readonly startedAtMs?: number;
  /** What pulling its image took, where that is known. */
  readonly imageMs?: number;
  /** Its kind, under which its speed is recorded. Default: that of a machine that says nothing else. */
  readonly runnerClass?: string;
  /**
   * What a simulation replaces, because it computes natively and in real time: the recipes by name, and the
   * proof of an export. And what it weakens, to prove that it would notice. Production leaves all three out.
   */
  readonly recipes?: Readonly<Record<string, AnyRecipe>>;
  readonly compareGraphs?: typeof compareGraphs;
  readonly publishBundle?: typeof publishBundle;
}
