/** The normalisations of decoders: RMSNorm, Gemma's with weights counted from one, and LayerNorm with a bias. */
import { invariant, type NormModule, type NormStyle } from '@preheat/contracts';
import { blocks, ops, type Value } from '@preheat/graph';
import { type DecoderParameters, parameterNamed } from './decoder-parameters.js';

const ROWS = { axes: [-1], keepDims: true } as const;

/** Normalises the last axis of x […, D]. */
export function normalise(parameters: DecoderParameters, x: Value, module: NormModule, style: NormStyle): Value {
  const stored = parameterNamed(parameters, `${module.name}.weight`);
  const weight = style.weightOffset === 0 ? stored : ops.add(stored, style.weightOffset);
  if (style.kind === 'rms') return blocks.rmsNorm(x, weight, style.epsilon);
  const scaled = ops.mul(standardised(x, style.epsilon), weight);
  invariant(module.bias, `the layer norm ${module.name} has a bias`);
  return ops.add(scaled, parameterNamed(parameters, `${module.name}.bias`));
}

/** `(x - mean) / √(variance + ε)` over the last axis (Ba, Kiros and Hinton 2016). */
function standardised(x: Value, epsilon: number): Value {
  const centred = ops.sub(x, ops.mean(x, ROWS));
  const inverse = ops.rsqrt(ops.add(ops.mean(ops.square(centred), ROWS), epsilon));
  const y = ops.mul(centred, inverse);
  // dx = (dy - mean(dy) - y·mean(dy·y)) / std
  return ops.customGradient('layerNorm', [x], y, (dy) => [
    ops.mul(inverse, ops.sub(ops.sub(dy, ops.mean(dy, ROWS)), ops.mul(y, ops.mean(ops.mul(dy, y), ROWS)))),
  ]);
}
