// Interpreters by program, bounded: each holds its program's constants on the device.

import type { Program } from '@preheat/graph';
import { Interpreter } from './interpreter.js';
import type { MemoryBudget } from './memory-budget.js';
import type { TensorFlow } from './tensorflow.js';

export class InterpreterCache {
  /** In order of last use, oldest first. */
  readonly #interpreters = new Map<Program, Interpreter>();
  readonly #tf: TensorFlow;
  readonly #limit: number;
  /** What everything on this device may take. */
  readonly budget: MemoryBudget;

  constructor(tf: TensorFlow, budget: MemoryBudget, limit: number) {
    this.#tf = tf;
    this.budget = budget;
    this.#limit = limit;
  }

  /** The interpreter of a program, valid until the next call: runs are synchronous, so none is in use when one goes. */
  get(program: Program): Interpreter {
    const interpreter = this.#interpreters.get(program) ?? new Interpreter(this.#tf, this.budget, program);
    this.#interpreters.delete(program);
    this.#interpreters.set(program, interpreter);
    const [oldest] = this.#interpreters.keys();
    if (this.#interpreters.size > this.#limit && oldest) this.release(oldest);
    return interpreter;
  }

  release(program: Program): void {
    this.#interpreters.get(program)?.dispose();
    this.#interpreters.delete(program);
  }

  dispose(): void {
    for (const program of [...this.#interpreters.keys()]) this.release(program);
  }
}
