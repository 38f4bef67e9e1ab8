// Frozen parameters that are held in fewer bits than float32, in shared memory from which every lane makes its own copy:
// half or a quarter of what float32 takes, once here and once in each lane.

import type { StoredTensor } from '../executor.js';
import type { Parameter, StoredParameter } from '../parameter-layout.js';
import type { SharedStored } from './lane.js';

export class StoredMemory {
  readonly #tensors: ReadonlyMap<string, { readonly parameter: StoredParameter; readonly tensor: StoredTensor }>;

  /** All zero. Takes those of the parameters that are stored. */
  constructor(parameters: readonly Parameter[]) {
    const stored = parameters.filter((parameter): parameter is StoredParameter => parameter.storage !== 'float32');
    this.#tensors = new Map(stored.map((parameter) => [parameter.name, { parameter, tensor: emptyTensor(parameter) }]));
  }

  /** The caller has checked that all are there and fit. */
  load(stored: Readonly<Record<string, StoredTensor>>): void {
    for (const [name, { tensor }] of this.#tensors) {
      const given = stored[name];
      if (given) tensor.values.set(given.values);
      if (given?.storage === 'int8' && tensor.storage === 'int8') tensor.scales.set(given.scales);
    }
  }

  /** Views of the memory itself. */
  read(): Record<string, StoredTensor> {
    return Object.fromEntries([...this.#tensors].map(([name, { tensor }]) => [name, tensor]));
  }

  /** What other threads need to find the tensors. */
  share(): SharedStored[] {
    return [...this.#tensors].map(([name, { parameter, tensor }]) => ({ name, shape: parameter.shape, tensor }));
  }
}

function emptyTensor({ storage, shape, size }: StoredParameter): StoredTensor {
  const shared = (bytes: number) => new SharedArrayBuffer(bytes);
  if (storage === 'float16') return { storage, values: new Uint16Array(shared(2 * size)) };
  return { storage, values: new Int8Array(shared(size)), scales: new Float32Array(shared(4 * (shape[0] ?? 0))) };
}
