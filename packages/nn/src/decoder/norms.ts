/** The normalisations of decoders: RMSNorm, Gemma's with weights counted from one, and LayerNorm with a bias. */
import { invariant, type NormModule, type NormStyle } from '@preheat/contracts';
import { blocks, ops, type Value } from '@preheat/graph';
import { type DecoderParameters, parameterNamed } from './decoder-parameters.js';

/** Normalises the last axis of x […, D]. */
export function normalise(parameters: DecoderParameters, x: Value, module: NormModule, style: NormStyle): Value {
  const stored = parameterNamed(parameters, `${module.name}.weight`);
  const weight = style.weightOffset === 0 ? stored : ops.add(stored, style.weightOffset);
  if (style.kind === 'rms') return blocks.rmsNorm(x, weight, style.epsilon);
  invariant(module.bias, `the layer norm ${module.name} has a bias`);
  return blocks.layerNorm(x, weight, parameterNamed(parameters, `${module.name}.bias`), style.epsilon);
}
