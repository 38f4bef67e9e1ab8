// The GPU executor: programs are interpreted on TensorFlow.js, on whatever backend the given module has active.

import type { Program } from '@preheat/graph';
import { checkTrainingOptions } from '../adamw.js';
import type { CompiledProgram, Executor, Feeds, ParameterSpec, TrainingOptions, TrainingState } from '../executor.js';
import { matchFeeds } from '../feeds.js';
import { resolveLayout } from '../parameter-layout.js';
import { SerialQueue } from '../serial-queue.js';
import { InterpreterCache } from './interpreter-cache.js';
import { MemoryBudget, usesGpu } from './memory-budget.js';
import type { TensorFlow } from './tensorflow.js';
import { TfjsTrainingState } from './tfjs-training-state.js';
import { disposeAll, readAll, upload } from './transfer.js';

export interface TfjsOptions {
  /** Programs whose constants stay on the device; the least recently used go beyond that. Default 16. */
  readonly maxPrograms?: number;
  /** The most that tensors may take on the device. Default: whatever the device has. */
  readonly maxBytes?: number;
}

/** Computes on the active backend of `tf`, which must be ready (`await tf.ready()`). */
export function createTfjsExecutor(
  tf: TensorFlow,
  { maxPrograms = 16, maxBytes = Infinity }: TfjsOptions = {},
): Executor {
  return new TfjsExecutor(tf, new InterpreterCache(tf, new MemoryBudget(tf, maxBytes), maxPrograms));
}

class TfjsExecutor implements Executor {
  readonly name = 'tfjs';
  readonly holdsStored = false;
  readonly detail: string;
  readonly #tf: TensorFlow;
  readonly #interpreters: InterpreterCache;
  readonly #open = new Set<TrainingState | CompiledProgram>();

  constructor(tf: TensorFlow, interpreters: InterpreterCache) {
    this.#tf = tf;
    this.#interpreters = interpreters;
    this.detail = `TensorFlow.js ${tf.version_core}, backend ${tf.getBackend()}, ${usesGpu(tf) ? 'GPU' : 'CPU'}`;
  }

  async openTraining(layout: readonly ParameterSpec[], options: TrainingOptions = {}): Promise<TrainingState> {
    checkTrainingOptions(options);
    const stored = layout.find(({ storage = 'float32' }) => storage !== 'float32');
    if (stored) throw new Error(`parameter "${stored.name}": this executor holds float32 alone, not ${stored.storage}`);
    const onDispose = () => this.#open.delete(state);
    const all = { ...options, onDispose };
    const state: TrainingState = new TfjsTrainingState(this.#tf, this.#interpreters, resolveLayout(layout), all);
    this.#open.add(state);
    return state;
  }

  async compile(program: Program): Promise<CompiledProgram> {
    const onDispose = () => this.#open.delete(compiled);
    const compiled: CompiledProgram = new TfjsProgram(this.#tf, this.#interpreters, program, onDispose);
    this.#open.add(compiled);
    return compiled;
  }

  async dispose(): Promise<void> {
    for (const opened of [...this.#open]) await opened.dispose();
    this.#interpreters.dispose();
  }
}

class TfjsProgram implements CompiledProgram {
  readonly #tf: TensorFlow;
  readonly #interpreters: InterpreterCache;
  readonly #program: Program;
  readonly #onDispose: () => void;
  readonly #queue = new SerialQueue();

  constructor(tf: TensorFlow, interpreters: InterpreterCache, program: Program, onDispose: () => void) {
    this.#tf = tf;
    this.#interpreters = interpreters;
    this.#program = program;
    this.#onDispose = onDispose;
  }

  run(feeds: Feeds): Promise<Record<string, Float32Array>> {
    return this.#queue.run(async () => {
      const inputs = new Map(
        matchFeeds(this.#program, feeds).map(({ input, data }) => [input.name, upload(this.#tf, data, input.shape)]),
      );
      try {
        const outputs = this.#interpreters.get(this.#program).run(inputs);
        const results = await readAll(outputs);
        disposeAll(outputs.values());
        return results;
      } finally {
        disposeAll(inputs.values());
      }
    });
  }

  dispose(): Promise<void> {
    return this.#queue.close('this program was disposed', async () => {
      this.#interpreters.release(this.#program);
      this.#onDispose();
    });
  }
}
