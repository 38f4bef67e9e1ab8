// Who owns which gradient slot. Runs write into slots of their own, side by side; finished ones are added to the sum in
// the order they were asked for. The first of a sum becomes the sum, so a step of one micro-batch adds nothing.

import { invariant } from '@preheat/contracts';
import type { Parameter } from '../parameter-layout.js';
import type { TrainingMemory } from './training-memory.js';

export class GradientSlots {
  readonly #memory: TrainingMemory;
  readonly #trainableCount: number;
  /** Last in, first out, so that as few slots as possible are ever touched. */
  readonly #free: number[];
  readonly #waiting: ((slot: number) => void)[] = [];
  #sum: number | undefined;
  /** Over when every earlier run was added or failed. */
  #earlier: Promise<unknown> = Promise.resolve();

  /** At least two slots: the sum and one to add to it. */
  constructor(memory: TrainingMemory, count: number) {
    this.#memory = memory;
    this.#trainableCount = memory.trainableCount;
    this.#free = Array.from({ length: count }, (_, slot) => count - 1 - slot);
  }

  /** Lets `run` write the gradients of `parameters` into a slot and adds them to the sum, unless it fails. */
  add<T>(parameters: readonly Parameter[], run: (slot: number) => Promise<T>): Promise<T> {
    const earlier = this.#earlier;
    const slot = this.#acquire();
    const result = this.#addInTurn(slot, parameters, run, earlier);
    this.#earlier = Promise.allSettled([earlier, result]);
    return result;
  }

  /** Where the sum is. `undefined` when nothing was added. */
  get sum(): number | undefined {
    return this.#sum;
  }

  /** Gives the sum to the caller, who is done with it before the next run. `undefined` when nothing was added. */
  take(): number | undefined {
    const sum = this.#sum;
    this.reset();
    return sum;
  }

  /** Forgets the sum. */
  reset(): void {
    if (this.#sum !== undefined) this.#release(this.#sum);
    this.#sum = undefined;
  }

  async #addInTurn<T>(
    acquired: Promise<number>,
    parameters: readonly Parameter[],
    run: (slot: number) => Promise<T>,
    earlier: Promise<unknown>,
  ): Promise<T> {
    const slot = await acquired;
    try {
      const result = await run(slot);
      await earlier;
      if (this.#sum === undefined) this.#adopt(slot, parameters);
      else this.#memory.addGradient(this.#sum, slot, parameters);
      return result;
    } finally {
      if (this.#sum !== slot) this.#release(slot);
    }
  }

  #adopt(slot: number, written: readonly Parameter[]): void {
    if (written.length < this.#trainableCount) this.#memory.clearAllBut(slot, written);
    this.#sum = slot;
  }

  async #acquire(): Promise<number> {
    const slot = this.#free.pop();
    return slot ?? new Promise((resolve) => this.#waiting.push(resolve));
  }

  #release(slot: number): void {
    invariant(!this.#free.includes(slot), `gradient slot ${slot} was released twice`);
    const next = this.#waiting.shift();
    if (next) next(slot);
    else this.#free.push(slot);
  }
}
