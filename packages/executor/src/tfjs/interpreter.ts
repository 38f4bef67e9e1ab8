// Runs a program node by node on TensorFlow.js, disposing every intermediate after its last use. The number of live
// tensors is the same before and after a run, also one that fails, but for the outputs handed to the caller.

import { invariant } from '@preheat/contracts';
import type { Program, ProgramNode } from '@preheat/graph';
import type { MemoryBudget } from './memory-budget.js';
import type { Tensor, TensorFlow } from './tensorflow.js';
import { tensorsHeld, tfDType, tfjsKernels } from './tfjs-kernels.js';

interface Step {
  readonly node: ProgramNode;
  /** Values that nothing reads after this step. */
  readonly finished: readonly number[];
}

type Kernel = (tf: TensorFlow, inputs: readonly Tensor[], node: ProgramNode) => Tensor;
type Values = Map<number, Tensor>;

export class Interpreter {
  readonly #tf: TensorFlow;
  readonly #budget: MemoryBudget;
  readonly #program: Program;
  readonly #constants: ReadonlyMap<number, Tensor>;
  readonly #steps: readonly Step[];

  /** Uploads the program's constants; `dispose` frees them. */
  constructor(tf: TensorFlow, budget: MemoryBudget, program: Program) {
    this.#tf = tf;
    this.#budget = budget;
    this.#program = program;
    this.#constants = new Map(
      program.constants.map(({ value, data, shape, dtype }) => [
        value,
        tf.keep(tf.tensor(data, [...shape], tfDType[dtype])),
      ]),
    );
    this.#steps = planDisposal(program);
  }

  /**
   * Tensors for every input by name stay the caller's; the outputs become the caller's to dispose.
   * @throws OutOfMemoryError when the device, or the budget, has no room for an intermediate.
   */
  run(inputs: ReadonlyMap<string, Tensor>): Map<string, Tensor> {
    const values: Values = new Map(this.#constants);
    for (const { name, value } of this.#program.inputs) {
      const tensor = inputs.get(name);
      invariant(tensor, `input "${name}" was not fed`);
      values.set(value, tensor);
    }
    try {
      for (const step of this.#steps) this.#take(step, values);
      return this.#collect(values);
    } catch (error) {
      throw this.#budget.recognise(error);
    } finally {
      for (const { node } of this.#steps) values.get(node.value)?.dispose();
    }
  }

  dispose(): void {
    for (const tensor of this.#constants.values()) tensor.dispose();
  }

  #take({ node, finished }: Step, values: Values): void {
    const inputs = node.inputs.map((value) => {
      const tensor = values.get(value);
      invariant(tensor, `value ${value} is not there`);
      return tensor;
    });
    this.#budget.reserve(node.shape, node.dtype, tensorsHeld(node));
    const kernel = tfjsKernels[node.primitive] as Kernel;
    values.set(node.value, this.#tf.keep(this.#tf.tidy(() => kernel(this.#tf, inputs, node))));
    for (const value of finished) {
      values.get(value)?.dispose();
      values.delete(value);
    }
  }

  /** Hands each output its own tensor, though several may show one value. */
  #collect(values: ReadonlyMap<number, Tensor>): Map<string, Tensor> {
    const outputs = new Map<string, Tensor>();
    for (const { name, value } of this.#program.outputs) {
      const tensor = values.get(value);
      invariant(tensor, `output "${name}" was not computed`);
      // A clone shows the same memory.
      outputs.set(name, this.#tf.keep(tensor.clone()));
    }
    return outputs;
  }
}

/** Finds after which step each computed value, unless it is an output, can go. */
function planDisposal(program: Program): Step[] {
  const outputs = new Set(program.outputs.map(({ value }) => value));
  const computed = new Set(program.nodes.map(({ value }) => value));
  const lastUse = new Map<number, number>();
  program.nodes.forEach(({ inputs }, index) => {
    for (const value of inputs) lastUse.set(value, index);
  });
  return program.nodes.map((node, index) => ({
    node,
    finished: [...new Set(node.inputs)].filter(
      (value) => lastUse.get(value) === index && computed.has(value) && !outputs.has(value),
    ),
  }));
}
