// A lane's private copy of one frozen parameter in fewer bits, as the inputs of a program that widens it at every use.

import './no-telemetry.js';
import { Tensor } from 'onnxruntime-node';
import type { SharedStored } from './lane.js';

/** As in packages/graph: lanes load the runtime alone, so that they start fast. */
const scalesInput = (name: string): string => `scales:${name}`;

export class StoredCopy {
  readonly inputs: Readonly<Record<string, Tensor>>;
  readonly #pairs: readonly { readonly from: ArrayLike<number>; readonly to: { set(from: ArrayLike<number>): void } }[];

  constructor({ name, shape, tensor }: SharedStored) {
    if (tensor.storage === 'float16') {
      const values = new Uint16Array(tensor.values.length);
      this.inputs = { [name]: new Tensor('float16', values, [...shape]) };
      this.#pairs = [{ from: tensor.values, to: values }];
      return;
    }
    const [values, scales] = [new Int8Array(tensor.values.length), new Float32Array(tensor.scales.length)];
    this.inputs = {
      [name]: new Tensor('int8', values, [...shape]),
      [scalesInput(name)]: new Tensor('float32', scales, [scales.length]),
    };
    this.#pairs = [
      { from: tensor.values, to: values },
      { from: tensor.scales, to: scales },
    ];
  }

  /** Copies what shared memory holds now. */
  renew(): void {
    for (const { from, to } of this.#pairs) to.set(from);
  }
}
