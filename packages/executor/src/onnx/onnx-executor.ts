// The CPU executor: programs run on ONNX Runtime, the optimiser in WebAssembly.

import './no-telemetry.js';
import type { Program } from '@preheat/graph';
import { env } from 'onnxruntime-node';
import type { CompiledProgram, Executor, Feeds, ParameterSpec, TrainingState } from '../executor.js';
import { matchFeeds } from '../feeds.js';
import { resolveLayout } from '../parameter-layout.js';
import { SerialQueue } from '../serial-queue.js';
import { allocate, wrap } from './onnx-tensors.js';
import { OnnxTrainingState } from './onnx-training-state.js';
import { SessionCache } from './session-cache.js';
import { resolveOnnxOptions } from './session-options.js';
import type { OnnxOptions } from './session-options.js';

/** Throws for options out of range. */
export function createOnnxExecutor(options: OnnxOptions = {}): Executor {
  return new OnnxExecutor(options);
}

class OnnxExecutor implements Executor {
  readonly name = 'onnx';
  readonly detail: string;
  readonly #sessions: SessionCache;
  readonly #open = new Set<TrainingState | CompiledProgram>();

  constructor(options: OnnxOptions) {
    const resolved = resolveOnnxOptions(options);
    this.#sessions = new SessionCache(resolved);
    const version = env.versions.node ?? env.versions.common;
    this.detail = `onnxruntime-node ${version}, CPU, ${resolved.threads} thread${resolved.threads === 1 ? '' : 's'}`;
  }

  async openTraining(layout: readonly ParameterSpec[]): Promise<TrainingState> {
    const state: TrainingState = new OnnxTrainingState(this.#sessions, resolveLayout(layout), () =>
      this.#open.delete(state),
    );
    this.#open.add(state);
    return state;
  }

  async compile(program: Program): Promise<CompiledProgram> {
    const compiled: CompiledProgram = new OnnxProgram(this.#sessions, program, () => this.#open.delete(compiled));
    this.#open.add(compiled);
    return compiled;
  }

  async dispose(): Promise<void> {
    for (const opened of [...this.#open]) await opened.dispose();
    await this.#sessions.dispose();
  }
}

class OnnxProgram implements CompiledProgram {
  readonly #sessions: SessionCache;
  readonly #program: Program;
  readonly #queue = new SerialQueue();

  readonly #onDispose: () => void;

  constructor(sessions: SessionCache, program: Program, onDispose: () => void) {
    this.#sessions = sessions;
    this.#program = program;
    this.#onDispose = onDispose;
  }

  run(feeds: Feeds): Promise<Record<string, Float32Array>> {
    return this.#queue.run(async () => {
      const inputs = matchFeeds(this.#program, feeds).map(
        ({ input, data }) => [input.name, wrap(data, input)] as const,
      );
      const outputs = this.#program.outputs.map((output) => [output.name, allocate(output)] as const);
      const fetches = Object.fromEntries(outputs.map(([name, { tensor }]) => [name, tensor]));
      await this.#sessions.use(this.#program, (session) => session.run(Object.fromEntries(inputs), fetches));
      return Object.fromEntries(outputs.map(([name, { data }]) => [name, data]));
    });
  }

  dispose(): Promise<void> {
    return this.#queue.close('this program was disposed', async () => {
      this.#onDispose();
      await this.#sessions.release(this.#program);
    });
  }
}
