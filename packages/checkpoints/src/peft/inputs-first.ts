/** Which modules of a model store their weight [inputs, outputs]: GPT-2's, which are convolutions of width one. */
import { type DecoderConfig, layerProjections } from '@preheat/contracts';

export function inputsFirstModules(config: DecoderConfig): (module: string) => boolean {
  const stored = layerProjections(config).filter(({ inputsFirst }) => inputsFirst);
  const inputsFirst = new Set(stored.map(({ name }) => name));
  return (module) => inputsFirst.has(module);
}
