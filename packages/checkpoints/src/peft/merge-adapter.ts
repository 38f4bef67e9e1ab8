/** An adapter folded into the weights of its base: W + s·B·A, and whole modules replaced. */
import type { Tensor, TensorMap } from '../tensor.js';
import { loraModules } from './adapter-files.js';
import { LORA_A, LORA_B, type LoraAdapter, LoraAdapterError, loraScale } from './lora-adapter.js';

/**
 * The weights of the merged model; `base` is left as it is, and tensors that do not change are shared with it. Sums are in
 * float64. `isInputsFirst` says which weights are stored [inputs, outputs], as GPT-2's are.
 * @throws LoraAdapterError naming a module that the base has not, or has in another shape.
 */
export function mergeAdapter(
  base: TensorMap,
  adapter: LoraAdapter,
  isInputsFirst: (module: string) => boolean = () => false,
): Map<string, Tensor> {
  const merged = new Map(base);
  for (const { module, rank, a, b } of loraModules(adapter)) {
    const name = `${module}.weight`;
    const weight = base.get(name);
    const [outputs, inputs] = [b.shape[0] as number, a.shape[1] as number];
    const transposed = isInputsFirst(module);
    const expected = transposed ? [inputs, outputs] : [outputs, inputs];
    if (!weight) throw new LoraAdapterError(`the base has no ${name}, which the adapter changes`);
    if (weight.shape.join() !== expected.join()) {
      throw new LoraAdapterError(`the base has ${name} [${weight.shape}], the adapter is for [${expected}]`);
    }
    const data = weight.data.slice();
    addProduct(data, a, b, { scale: loraScale(adapter.config, module, rank), transposed });
    merged.set(name, { shape: weight.shape, data });
  }
  for (const [name, tensor] of adapter.tensors) {
    if (name.endsWith(LORA_A) || name.endsWith(LORA_B)) continue;
    const weight = base.get(name);
    if (weight?.shape.join() !== tensor.shape.join()) {
      throw new LoraAdapterError(
        `the adapter replaces ${name} [${tensor.shape}], the base has ${weight ? `[${weight.shape}]` : 'none'}`,
      );
    }
    merged.set(name, tensor);
  }
  return merged;
}

interface ProductOptions {
  readonly scale: number;
  /** Whether `data` is [inputs, outputs]. */
  readonly transposed: boolean;
}

/** data += scale · b·a, with a [r, inputs] and b [outputs, r]. */
function addProduct(data: Float32Array, a: Tensor, b: Tensor, { scale, transposed }: ProductOptions): void {
  const [rank, inputs] = a.shape as [number, number];
  const outputs = b.shape[0] as number;
  const row = new Float64Array(inputs);
  for (let output = 0; output < outputs; output++) {
    row.fill(0);
    for (let k = 0; k < rank; k++) {
      const factor = b.data[output * rank + k] as number;
      for (let input = 0; input < inputs; input++) {
        row[input] = (row[input] as number) + factor * (a.data[k * inputs + input] as number);
      }
    }
    for (let input = 0; input < inputs; input++) {
      const at = transposed ? input * outputs + output : output * inputs + input;
      data[at] = (data[at] as number) + scale * (row[input] as number);
    }
  }
}
