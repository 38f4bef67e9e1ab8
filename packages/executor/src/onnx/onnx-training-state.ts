// Training on ONNX Runtime. The state lives in shared memory of this thread; lanes compute on copies of its parameters.
// Gradients are added up in the order the calls were made, so the result does not depend on how many lanes there are,
// nor on which finished first.

import { gradientOf } from '@preheat/graph';
import type { Program } from '@preheat/graph';
import { checkUpdateOptions } from '../adamw.js';
import { AverageTurn } from '../average-turn.js';
import type {
  Feeds,
  LoadableState,
  Tensors,
  TrainingSnapshot,
  TrainingState,
  UpdateOptions,
  UpdateReport,
} from '../executor.js';
import { matchFeeds } from '../feeds.js';
import { checkState, gradientTarget, heldParameter, noAverage } from '../parameter-layout.js';
import type { Parameter } from '../parameter-layout.js';
import { SerialQueue } from '../serial-queue.js';
import { GradientSlots } from './gradient-slots.js';
import type { LaneTraining, ParameterVersion } from './lane.js';
import type { LanePool } from './lane-pool.js';
import type { Parallelism } from './choose-parallelism.js';
import type { AttachedState } from './pooled-lane.js';
import type { ProgramForms } from './program-form.js';
import { toRequest } from './run-request.js';
import type { OptimiserRegion } from './memory-shard.js';
import { StoredMemory } from './stored-memory.js';
import { TrainingMemory } from './training-memory.js';

let nextStateId = 0;

export interface OnnxTrainingOptions {
  readonly pool: LanePool;
  readonly forms: ProgramForms;
  readonly parallelism: Parallelism;
  readonly averageDecay?: number | undefined;
  readonly onDispose: () => void;
}

export class OnnxTrainingState implements TrainingState {
  readonly #options: OnnxTrainingOptions;
  readonly #parameters: ReadonlyMap<string, Parameter>;
  readonly #memory: TrainingMemory;
  readonly #stored: StoredMemory;
  readonly #attached: AttachedState;
  readonly #queue = new SerialQueue();
  readonly #slots: GradientSlots;
  readonly #averageTurn = new AverageTurn();
  #version: ParameterVersion = { loads: 0, updates: 0 };
  #stepCount = 0;

  constructor(parameters: readonly Parameter[], options: OnnxTrainingOptions) {
    this.#options = options;
    this.#parameters = new Map(parameters.map((parameter) => [parameter.name, parameter]));
    const { workers } = options.parallelism;
    // The sum, one for each lane at work, and with several lanes one that waits for an earlier run.
    const gradientSlots = workers > 1 ? workers + 2 : 2;
    this.#stored = new StoredMemory(parameters);
    this.#memory = new TrainingMemory(parameters.filter(isFloat), {
      gradientSlots,
      averageDecay: options.averageDecay,
    });
    this.#slots = new GradientSlots(this.#memory, gradientSlots);
    this.#attached = { id: nextStateId++, parameters: { ...this.#memory.share(), stored: this.#stored.share() } };
  }

  async load(state: LoadableState): Promise<void> {
    this.#averageTurn.assertLoadable('load');
    return this.#queue.run(async () => {
      const { optimiserRegions } = this.#memory;
      checkState([...this.#parameters.values()], state, optimiserRegions.includes('average'));
      this.#write('parameters', state.parameters);
      this.#stored.load(state.stored ?? {});
      for (const region of optimiserRegions) {
        this.#memory.clear(region);
        this.#write(region, state[region] ?? (region === 'average' ? this.#trainable(state.parameters) : {}));
      }
      this.#stepCount = state.stepCount ?? 0;
      this.#slots.reset();
      this.#version = { ...this.#version, loads: this.#version.loads + 1 };
      this.#averageTurn.loaded();
    });
  }

  async read(): Promise<TrainingSnapshot> {
    this.#averageTurn.assertKnown('read');
    return this.#queue.run(async () => ({
      parameters: this.#copy('parameters'),
      stored: this.#stored.read(),
      firstMoment: this.#copy('firstMoment'),
      secondMoment: this.#copy('secondMoment'),
      ...(this.#memory.optimiserRegions.includes('average') ? { average: this.#copy('average') } : {}),
      stepCount: this.#stepCount,
    }));
  }

  async accumulate(program: Program, feeds: Feeds): Promise<Record<string, Float32Array>> {
    this.#averageTurn.assertOver('accumulate');
    return this.#queue.share(() => {
      const gradients = this.#gradientsOf(program);
      return this.#slots.add(
        gradients.map(({ parameter }) => parameter),
        (slot) => this.#run(program, feeds, gradients, slot),
      );
    });
  }

  /** Outside the queue: an update must not wait for it. */
  async prepare(program: Program): Promise<void> {
    if (this.#queue.closed !== undefined) throw new Error(this.#queue.closed);
    const { pool, forms, parallelism } = this.#options;
    await pool.prepare(forms.of(program), parallelism.workers);
  }

  async evaluate(program: Program, feeds: Feeds): Promise<Record<string, Float32Array>> {
    this.#averageTurn.assertKnown('evaluate');
    return this.#queue.share(async () => {
      const gradient = program.outputs.find(({ name }) => gradientOf(name) !== undefined);
      if (gradient) throw new Error(`evaluate: the program returns "${gradient.name}"; use accumulate`);
      return this.#run(program, feeds, [], 0);
    });
  }

  gradientNorm(): Promise<number> {
    return this.#queue.run(async () => (this.#slots.sum === undefined ? 0 : this.#memory.norm(this.#slots.sum)));
  }

  discard(): Promise<void> {
    return this.#queue.run(async () => this.#slots.reset());
  }

  async update(options: UpdateOptions): Promise<UpdateReport> {
    this.#averageTurn.assertOver('update');
    return this.#queue.run(async () => {
      checkUpdateOptions(options);
      const slot = this.#slots.take();
      if (slot === undefined) throw new Error('update: no gradient was accumulated since the last update');
      const report = this.#memory.update(options, this.#stepCount + 1, slot);
      if (report.applied) {
        this.#stepCount++;
        this.#trainableChanged();
      }
      return report;
    });
  }

  async withAverage<T>(work: () => Promise<T>): Promise<T> {
    if (!this.#memory.optimiserRegions.includes('average')) throw new Error(noAverage);
    const exchange = () =>
      this.#queue.run(async () => {
        this.#memory.exchangeAverage();
        this.#trainableChanged();
      });
    return this.#averageTurn.run(exchange, work);
  }

  dispose(): Promise<void> {
    return this.#queue.close('this training state was disposed', async () => {
      const { pool, forms, onDispose } = this.#options;
      onDispose();
      await pool.forget(forms, this.#attached.id);
    });
  }

  #run(program: Program, feeds: Feeds, gradients: readonly Gradient[], slot: number) {
    const { pool, forms, parallelism } = this.#options;
    const training: LaneTraining = {
      state: this.#attached.id,
      version: this.#version,
      parameters: program.inputs
        .filter(({ trainable }) => trainable)
        .map(({ name, shape }) => heldParameter(this.#parameters, name, shape).name),
      gradients: gradients.map(({ output, parameter }) => ({ output, parameter: parameter.name })),
      slot,
    };
    const matched = matchFeeds(program, feeds, ({ trainable }) => trainable);
    const withheld = new Set(gradients.map(({ output }) => output));
    const request = { ...toRequest(program, matched, withheld), training };
    return pool.run({ form: forms.of(program), workers: parallelism.workers, state: this.#attached, request });
  }

  /** Lanes take their copies anew. */
  #trainableChanged(): void {
    this.#version = { ...this.#version, updates: this.#version.updates + 1 };
  }

  #gradientsOf(program: Program): Gradient[] {
    return program.outputs.flatMap((output) => {
      const parameter = gradientTarget(this.#parameters, output);
      return parameter ? [{ output: output.name, parameter }] : [];
    });
  }

  #trainable(tensors: Tensors): Tensors {
    return Object.fromEntries(Object.entries(tensors).filter(([name]) => this.#parameters.get(name)?.trainable));
  }

  #write(region: 'parameters' | OptimiserRegion, tensors: Tensors): void {
    for (const [name, data] of Object.entries(tensors)) {
      const parameter = this.#parameters.get(name);
      if (parameter) this.#memory.write(region, parameter, data);
    }
  }

  #copy(region: 'parameters' | OptimiserRegion): Record<string, Float32Array> {
    const held = [...this.#parameters.values()]
      .filter(({ trainable }) => trainable || region === 'parameters')
      .filter(isFloat);
    return Object.fromEntries(held.map((parameter) => [parameter.name, this.#memory.read(region, parameter)]));
  }
}

const isFloat = ({ storage }: Parameter): boolean => storage === 'float32';

interface Gradient {
  readonly output: string;
  readonly parameter: Parameter;
}
