/** The feed-forward half of a layer: gated (SwiGLU, GeGLU; Shazeer 2020) or plain. */
import type { DecoderArchitecture, LayerArchitecture } from '@preheat/contracts';
import { blocks, ops, type Value } from '@preheat/graph';
import type { DecoderParameters } from './decoder-parameters.js';
import { linear } from './linear.js';

const ACTIVATIONS: Readonly<Record<DecoderArchitecture['activation'], (x: Value) => Value>> = {
  silu: blocks.silu,
  gelu: blocks.gelu,
  geluTanh: blocks.geluTanh,
  relu: ops.relu,
};

/** x [N, D] → [N, D]. */
export function feedForward(
  parameters: DecoderParameters,
  x_ND: Value,
  { gate, up, down }: LayerArchitecture,
  activation: DecoderArchitecture['activation'],
): Value {
  const activate = ACTIVATIONS[activation];
  const raised = linear(parameters, x_ND, up);
  const inner = gate ? ops.mul(activate(linear(parameters, x_ND, gate)), raised) : activate(raised);
  return linear(parameters, inner, down);
}
