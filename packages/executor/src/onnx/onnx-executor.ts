// The CPU executor: programs run on ONNX Runtime in worker threads, the optimiser in WebAssembly on memory they share.

import type { Program, StoredInputs } from '@preheat/graph';
import { createRequire } from 'node:module';
import { availableParallelism, loadavg, totalmem } from 'node:os';
import { checkTrainingOptions } from '../adamw.js';
import type { CompiledProgram, Executor, Feeds, ParameterSpec, TrainingOptions, TrainingState } from '../executor.js';
import { matchFeeds } from '../feeds.js';
import { resolveLayout } from '../parameter-layout.js';
import type { Parameter } from '../parameter-layout.js';
import { SerialQueue } from '../serial-queue.js';
import { chooseParallelism } from './choose-parallelism.js';
import { LanePool } from './lane-pool.js';
import { OnnxTrainingState } from './onnx-training-state.js';
import type { OnnxTrainingOptions } from './onnx-training-state.js';
import { ProgramForms } from './program-form.js';
import { toRequest } from './run-request.js';
import { checkOnnxOptions, toSessionOptions } from './session-options.js';
import type { OnnxOptions } from './session-options.js';

/** Throws for options out of range. */
export function createOnnxExecutor(options: OnnxOptions = {}): Executor {
  checkOnnxOptions(options);
  return new OnnxExecutor(options);
}

const defaultMaxSessions = 16;

class OnnxExecutor implements Executor {
  readonly name = 'onnx';
  readonly holdsStored = true;
  readonly detail: string;
  readonly #options: OnnxOptions;
  readonly #pool: LanePool;
  readonly #open = new Set<TrainingState | CompiledProgram>();

  constructor(options: OnnxOptions) {
    this.#options = options;
    const { maxSessions = defaultMaxSessions, onSession } = options;
    this.#pool = new LanePool({ maxSessions, onSession });
    const { workers, threads } = options;
    const set = [
      workers !== undefined && `${workers} workers`,
      threads !== undefined && `${threads} threads a session`,
    ];
    this.detail = [`onnxruntime-node ${runtimeVersion()}`, 'CPU', ...set.filter((text) => text !== false)].join(', ');
  }

  async openTraining(layout: readonly ParameterSpec[], options: TrainingOptions = {}): Promise<TrainingState> {
    checkTrainingOptions(options);
    const parameters = resolveLayout(layout);
    const lanes = this.#lanes(parameters, () => this.#open.delete(state));
    const state: TrainingState = new OnnxTrainingState(parameters, { ...options, ...lanes });
    this.#open.add(state);
    return state;
  }

  async compile(program: Program): Promise<CompiledProgram> {
    const compiled: CompiledProgram = new OnnxProgram(
      program,
      this.#lanes([], () => this.#open.delete(compiled)),
    );
    this.#open.add(compiled);
    return compiled;
  }

  async dispose(): Promise<void> {
    for (const opened of [...this.#open]) await opened.dispose();
    await this.#pool.dispose();
  }

  #lanes(parameters: readonly Parameter[], onDispose: () => void): OnnxTrainingOptions {
    const { workers, threads, spinning, onParallelism } = this.#options;
    const machine = { cores: availableParallelism(), memoryBytes: availableBytes(), load: loadavg()[0] ?? 0 };
    const parallelism = chooseParallelism({ workers, threads, spinning, ...machine, parameters });
    onParallelism?.(parallelism);
    this.#pool.warm(parallelism.workers);
    const forms = new ProgramForms(toSessionOptions(this.#options, parallelism), storedInputs(parameters));
    return { pool: this.#pool, forms, parallelism, onDispose };
  }
}

function storedInputs(parameters: readonly Parameter[]): StoredInputs {
  const held = parameters.flatMap(({ name, storage }) => (storage === 'float32' ? [] : [[name, storage] as const]));
  return new Map(held);
}

/** Read from the package rather than from the runtime, whose library only the lanes need to load. */
function runtimeVersion(): string {
  const { version } = createRequire(import.meta.url)('onnxruntime-node/package.json') as { version: string };
  return version;
}

/** The limit of the container, where there is one. */
function availableBytes(): number {
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}

class OnnxProgram implements CompiledProgram {
  readonly #program: Program;
  readonly #options: OnnxTrainingOptions;
  readonly #queue = new SerialQueue();

  constructor(program: Program, options: OnnxTrainingOptions) {
    this.#program = program;
    this.#options = options;
  }

  run(feeds: Feeds): Promise<Record<string, Float32Array>> {
    return this.#queue.share(async () => {
      const { pool, forms, parallelism } = this.#options;
      const request = toRequest(this.#program, matchFeeds(this.#program, feeds));
      return pool.run({ form: forms.of(this.#program), workers: parallelism.workers, request });
    });
  }

  dispose(): Promise<void> {
    return this.#queue.close('this program was disposed', async () => {
      const { pool, forms, onDispose } = this.#options;
      onDispose();
      await pool.forget(forms);
    });
  }
}
