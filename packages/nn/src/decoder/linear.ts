/** Projections, by the layout their weights are stored in. */
import type { LinearModule } from '@preheat/contracts';
import { ops, type Value } from '@preheat/graph';
import { type DecoderParameters, parameterNamed } from './decoder-parameters.js';

/** x [N, inputs] → [N, outputs]. */
export function linear(parameters: DecoderParameters, x: Value, module: LinearModule): Value {
  const weight = parameterNamed(parameters, `${module.name}.weight`);
  const product = ops.matmul(x, weight, { transposeB: !module.inputsFirst });
  return module.bias ? ops.add(product, parameterNamed(parameters, `${module.name}.bias`)) : product;
}
