/**
 * Which projections of a decoder an adapter changes, and the tensors it consists of. Targets are named as in peft: the end
 * of a module's name (`q_proj`), or `all-linear` for every projection but the head.
 */
import { LORA_A, LORA_B, type LoraAdapter, type LoraConfig, loraRank, loraScale } from '@preheat/checkpoints';
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

/**
 * Whether an adapter can go on being trained with these settings: dropout aside, it changes what they name, in the same way, and
 * nothing beside (an adapter from elsewhere may change the head as well, or replace tensors whole).
 */
export function agrees(config: DecoderConfig, adapter: LoraAdapter, settings: LoraConfig): boolean {
  const meaning = (lora: LoraConfig): string =>
    JSON.stringify(
      loraModulesOf(config, lora).map(({ name }) => {
        const rank = loraRank(lora, name);
        return [name, rank, loraScale(lora, name, rank)];
      }),
    );
  const named = loraTensors(config, settings).map(({ name }) => name);
  const holds = named.length === adapter.tensors.size && named.every((name) => adapter.tensors.has(name));
  return holds && meaning(adapter.config) === meaning(settings);
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
