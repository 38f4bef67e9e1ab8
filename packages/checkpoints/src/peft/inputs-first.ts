/** Which modules of a family store their weight [inputs, outputs]: GPT-2's, which are convolutions of width one. */
import type { DecoderConfig } from '@preheat/contracts';

export function inputsFirstModules(config: DecoderConfig): (module: string) => boolean {
  const isGpt2 = config.model_type === ('gpt2' as string);
  return (module) => isGpt2 && /\.(c_attn|c_proj|c_fc)$/.test(module);
}
