/** Projections by their stored layout, and the lookup of weights by name. */
import { invariant, type LinearModule } from '@preheat/contracts';
import { ops, type Value } from '@preheat/graph';
import type { DecoderParameters } from './decoder.js';

export function parameterNamed(parameters: DecoderParameters, name: string): Value {
  const value = parameters.get(name);
  invariant(value, `the decoder has no tensor ${name}`);
  return value;
}

/** x [N, inputs] → [N, outputs]. */
export function linear(parameters: DecoderParameters, x: Value, module: LinearModule): Value {
  const weight = parameterNamed(parameters, `${module.name}.weight`);
  const product = ops.matmul(x, weight, { transposeB: !module.inputsFirst });
  return module.bias ? ops.add(product, parameterNamed(parameters, `${module.name}.bias`)) : product;
}
