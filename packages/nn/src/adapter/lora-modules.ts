/**
 * Which projections of a decoder an adapter changes, and the tensors it consists of. Targets are named as in peft: the end
 * of a module's name (`q_proj`), or `all-linear` for every projection but the head.
 */
import { LORA_A, LORA_B, type LoraConfig, loraRank, loraScale } from '@preheat/checkpoints';
import { type DecoderConfig, layerProjections, type LinearModule, type TensorSpec } from '@preheat/contracts';

export const ALL_LINEAR = 'all-linear';

/** The names by which projections can be targeted: the last part of each. */
export function targetNames(config: DecoderConfig): string[] {
  return [...new Set(layerProjections(config).map(({ name }) => lastPart(name)))];
}

/** The projections that `lora` changes. */
export function loraModulesOf(config: DecoderConfig, { targetModules }: LoraConfig): LinearModule[] {
  const isTarget = ({ name }: LinearModule): boolean =>
    targetModules.some((target) => target === ALL_LINEAR || name === target || name.endsWith(`.${target}`));
  return layerProjections(config).filter(isTarget);
}

/** Whether an adapter of one kind can go on being trained as the other: dropout aside, they say the same. */
export function agrees(config: DecoderConfig, a: LoraConfig, b: LoraConfig): boolean {
  const meaning = (lora: LoraConfig): string =>
    JSON.stringify({
      modules: loraModulesOf(config, lora).map(({ name }) => {
        const rank = loraRank(lora, name);
        return [name, rank, loraScale(lora, name, rank)];
      }),
      saved: lora.modulesToSave,
    });
  return meaning(a) === meaning(b);
}

/** The tensors of the adapter, A before B. */
export function loraTensors(config: DecoderConfig, lora: LoraConfig): TensorSpec[] {
  return loraModulesOf(config, lora).flatMap(({ name, inputs, outputs }) => {
    const rank = loraRank(lora, name);
    return [
      { name: name + LORA_A, shape: [rank, inputs] },
      { name: name + LORA_B, shape: [outputs, rank] },
    ];
  });
}

const lastPart = (name: string): string => name.slice(name.lastIndexOf('.') + 1);
