/** Which modules of a model store their weight [inputs, outputs]: GPT-2's, which are convolutions of width one. */
import { decoderArchitecture, type DecoderConfig } from '@preheat/contracts';

export function inputsFirstModules(config: DecoderConfig): (module: string) => boolean {
  const { layers, head } = decoderArchitecture(config);
  const linears = layers.flatMap(({ queryKeyValue, output, gate, up, down }) => [
    ...queryKeyValue,
    output,
    ...(gate ? [gate] : []),
    up,
    down,
  ]);
  const names = [...linears, ...(head ? [head] : [])].filter(({ inputsFirst }) => inputsFirst).map(({ name }) => name);
  const inputsFirst = new Set(names);
  return (module) => inputsFirst.has(module);
}
