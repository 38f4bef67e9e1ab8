/** Projections, by the layout their weights are stored in, with what an adapter adds to them. */
import type { LinearModule } from '@preheat/contracts';
import { ops, type Value } from '@preheat/graph';
import { type DecoderParameters, parameterNamed } from './decoder-parameters.js';

/** x [N, inputs] → [N, outputs]. */
export function linear(parameters: DecoderParameters, x: Value, module: LinearModule): Value {
  const weight = parameterNamed(parameters, `${module.name}.weight`);
  const product = ops.matmul(x, weight, { transposeB: !module.inputsFirst });
  const own = module.bias ? ops.add(product, parameterNamed(parameters, `${module.name}.bias`)) : product;
  const update = parameters.updates.get(module.name);
  if (!update) return own;
  const { a, b, scale, inputMask } = update;
  const read = inputMask ? ops.mul(x, inputMask) : x;
  const narrow = ops.matmul(read, a, { transposeB: true });
  return ops.add(own, ops.matmul(narrow, b, { transposeB: true, scale }));
}
