// A lane in the thread that made it: the working part of a worker, and what runs programs too small to be worth a
// message to another thread.

import './no-telemetry.js';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { LaneParameters } from './lane-parameters.js';
import type { Lane, LaneFeed, LaneRun, SharedParameters } from './lane.js';

export class LocalLane implements Lane {
  readonly isUsable = true;
  readonly #sessions = new Map<number, InferenceSession>();
  readonly #states = new Map<number, LaneParameters>();
  /** Calls are carried out one at a time: the buffers of a state are used by one run at once. */
  #last: Promise<unknown> = Promise.resolve();

  compile(program: number, model: Uint8Array, options: InferenceSession.SessionOptions): Promise<void> {
    return this.#inTurn(async () => {
      this.#sessions.set(program, await InferenceSession.create(model, options));
    });
  }

  release(program: number): Promise<void> {
    return this.#inTurn(async () => {
      const session = this.#sessions.get(program);
      this.#sessions.delete(program);
      await session?.release();
    });
  }

  attach(state: number, parameters: SharedParameters): Promise<void> {
    return this.#inTurn(async () => {
      this.#states.set(state, new LaneParameters(parameters));
    });
  }

  detach(state: number): Promise<void> {
    return this.#inTurn(async () => {
      this.#states.delete(state);
    });
  }

  run(request: LaneRun): Promise<Record<string, Float32Array>> {
    return this.#inTurn(() => this.#run(request));
  }

  close(): Promise<void> {
    return this.#inTurn(async () => {
      for (const session of this.#sessions.values()) await session.release();
      this.#sessions.clear();
      this.#states.clear();
    });
  }

  async #run({ program, feeds, outputs, training }: LaneRun): Promise<Record<string, Float32Array>> {
    const session = this.#sessions.get(program);
    if (!session) throw new Error(`program ${program} was not compiled in this lane`);
    const inputs: Record<string, Tensor> = Object.fromEntries(feeds.map((feed) => [feed.name, toTensor(feed)]));
    const fetches: Record<string, Tensor> = {};
    const results: Record<string, Float32Array> = {};
    for (const { name, shape, size } of outputs) {
      const data = new Float32Array(size);
      results[name] = data;
      fetches[name] = toTensor({ name, shape, data });
    }
    const held = training && this.#states.get(training.state);
    if (training && !held) throw new Error(`training state ${training.state} is not attached to this lane`);
    if (training && held) {
      held.renew(training.version);
      for (const name of training.parameters) Object.assign(inputs, held.inputs(name));
      for (const { output, parameter } of training.gradients) fetches[output] = held.gradient(parameter);
    }
    await session.run(inputs, fetches);
    if (training && held) for (const { parameter } of training.gradients) held.publish(parameter, training.slot);
    return results;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    // The caller holds `result` and sees the error there.
    this.#last = result.then(
      () => undefined,
      () => undefined,
    );
    return result;
  }
}

function toTensor({ data, shape }: LaneFeed): Tensor {
  return data instanceof Int32Array ? new Tensor('int32', data, [...shape]) : new Tensor('float32', data, [...shape]);
}
