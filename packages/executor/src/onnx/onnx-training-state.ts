// Training on ONNX Runtime: the gradient program reads parameters from, and writes gradients into, the memory on which
// the optimiser works. The first micro-batch after an update overwrites the accumulator instead of clearing and adding.

import { gradientOf } from '@preheat/graph';
import type { Program } from '@preheat/graph';
import type { Tensor } from 'onnxruntime-node';
import { checkUpdateOptions } from '../adamw.js';
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
import { checkState, gradientTarget, heldParameter } from '../parameter-layout.js';
import type { Parameter } from '../parameter-layout.js';
import { SerialQueue } from '../serial-queue.js';
import { allocate, wrap } from './onnx-tensors.js';
import type { SessionCache } from './session-cache.js';
import { TrainingMemory } from './training-memory.js';
import type { Region } from './training-memory.js';

type Fetches = Record<string, Tensor>;

export class OnnxTrainingState implements TrainingState {
  readonly #sessions: SessionCache;
  readonly #parameters: ReadonlyMap<string, Parameter>;
  readonly #memory: TrainingMemory;
  readonly #queue = new SerialQueue();
  readonly #tensors = new Map<string, Tensor>();
  #stepCount = 0;
  #microBatches = 0;

  readonly #onDispose: () => void;

  constructor(sessions: SessionCache, parameters: readonly Parameter[], onDispose: () => void) {
    this.#sessions = sessions;
    this.#onDispose = onDispose;
    this.#parameters = new Map(parameters.map((parameter) => [parameter.name, parameter]));
    this.#memory = new TrainingMemory(parameters);
  }

  load(state: LoadableState): Promise<void> {
    return this.#queue.run(async () => {
      checkState([...this.#parameters.values()], state);
      this.#write('parameters', state.parameters);
      for (const region of ['firstMoment', 'secondMoment'] as const) {
        this.#memory.clear(region);
        this.#write(region, state[region] ?? {});
      }
      this.#stepCount = state.stepCount ?? 0;
      this.#microBatches = 0;
    });
  }

  read(): Promise<TrainingSnapshot> {
    return this.#queue.run(async () => ({
      parameters: this.#copy('parameters'),
      firstMoment: this.#copy('firstMoment'),
      secondMoment: this.#copy('secondMoment'),
      stepCount: this.#stepCount,
    }));
  }

  accumulate(program: Program, feeds: Feeds): Promise<Record<string, Float32Array>> {
    return this.#queue.run(async () => {
      const region = this.#microBatches === 0 ? 'gradient' : 'scratch';
      const gradients = this.#gradientsOf(program);
      if (region === 'gradient' && gradients.length < this.#trainable().length) this.#memory.clear('gradient');
      const fetches = gradients.map(({ output, parameter }) => [output, this.#tensor(region, parameter)] as const);
      const results = await this.#run(program, feeds, Object.fromEntries(fetches));
      if (region === 'scratch') for (const { parameter } of gradients) this.#memory.accumulateScratch(parameter);
      this.#microBatches++;
      return results;
    });
  }

  evaluate(program: Program, feeds: Feeds): Promise<Record<string, Float32Array>> {
    return this.#queue.run(async () => {
      const gradient = program.outputs.find(({ name }) => gradientOf(name) !== undefined);
      if (gradient) throw new Error(`evaluate: the program returns "${gradient.name}"; use accumulate`);
      return this.#run(program, feeds, {});
    });
  }

  discard(): Promise<void> {
    return this.#queue.run(async () => {
      this.#microBatches = 0;
    });
  }

  update(options: UpdateOptions): Promise<UpdateReport> {
    return this.#queue.run(async () => {
      checkUpdateOptions(options);
      if (this.#microBatches === 0) throw new Error('update: no gradient was accumulated since the last update');
      this.#microBatches = 0;
      const report = this.#memory.update(options, this.#stepCount + 1);
      if (report.applied) this.#stepCount++;
      return report;
    });
  }

  dispose(): Promise<void> {
    return this.#queue.close('this training state was disposed', async () => {
      this.#tensors.clear();
      this.#onDispose();
    });
  }

  #trainable(): Parameter[] {
    return [...this.#parameters.values()].filter(({ trainable }) => trainable);
  }

  async #run(program: Program, feeds: Feeds, gradients: Fetches): Promise<Record<string, Float32Array>> {
    const inputs: Record<string, Tensor> = {};
    for (const { input, data } of matchFeeds(program, feeds, ({ trainable }) => trainable)) {
      inputs[input.name] = wrap(data, input);
    }
    for (const input of program.inputs) {
      if (input.trainable)
        inputs[input.name] = this.#tensor('parameters', heldParameter(this.#parameters, input.name, input.shape));
    }
    const results: Record<string, Float32Array> = {};
    const fetches = { ...gradients };
    for (const output of program.outputs) {
      if (fetches[output.name]) continue;
      const { data, tensor } = allocate(output);
      results[output.name] = data;
      fetches[output.name] = tensor;
    }
    await this.#sessions.use(program, (session) => session.run(inputs, fetches));
    return results;
  }

  #gradientsOf(program: Program): { output: string; parameter: Parameter }[] {
    return program.outputs.flatMap((output) => {
      const parameter = gradientTarget(this.#parameters, output);
      return parameter ? [{ output: output.name, parameter }] : [];
    });
  }

  /** Tensors over the memory are made once: their contents are always current. */
  #tensor(region: Region, parameter: Parameter): Tensor {
    const key = `${region}/${parameter.name}`;
    const known = this.#tensors.get(key);
    if (known) return known;
    const tensor = wrap(this.#memory.view(region, parameter), { dtype: 'f32', shape: parameter.shape });
    this.#tensors.set(key, tensor);
    return tensor;
  }

  #write(region: Region, tensors: Tensors): void {
    for (const [name, data] of Object.entries(tensors)) {
      const parameter = this.#parameters.get(name);
      if (parameter) this.#memory.view(region, parameter).set(data);
    }
  }

  #copy(region: 'parameters' | 'firstMoment' | 'secondMoment'): Record<string, Float32Array> {
    const parameters = region === 'parameters' ? [...this.#parameters.values()] : this.#trainable();
    return Object.fromEntries(
      parameters.map((parameter) => [parameter.name, this.#memory.view(region, parameter).slice()]),
    );
  }
}
