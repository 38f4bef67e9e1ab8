/** An adapter as the two files of a peft folder, both ways. */
import { type ModelFolder, readJsonObject } from '../folder/model-folder.js';
import { streamSafetensors } from '../safetensors/read-tensors.js';
import { encodeSafetensors } from '../safetensors/write-tensors.js';
import type { Tensor } from '../tensor.js';
import {
  ADAPTER_CONFIG_FILE,
  ADAPTER_WEIGHTS_FILE,
  isTargetedByName,
  readAdapterConfig,
  writeAdapterConfig,
} from './adapter-config.js';
import { LORA_A, LORA_B, type LoraAdapter, LoraAdapterError, loraRank } from './lora-adapter.js';

/** What peft puts before the name of a module of the base. */
const PREFIX = 'base_model.model.';

/**
 * Modules that were chosen by a pattern or by layers are targeted by their full names, which every reader takes for the same.
 * @throws LoraAdapterError or ModelFolderError naming the key or tensor at fault.
 */
export async function readAdapter(folder: ModelFolder): Promise<LoraAdapter> {
  const stored = await readJsonObject(folder, ADAPTER_CONFIG_FILE);
  const config = readAdapterConfig(stored);
  if (!folder.names.includes(ADAPTER_WEIGHTS_FILE)) {
    const pickled = folder.names.find((name) => name.endsWith('.bin'));
    const why =
      pickled === undefined ? '' : `; ${pickled} is pickled and can run code when opened: save it again with peft`;
    throw new LoraAdapterError(`${ADAPTER_WEIGHTS_FILE} is missing${why}`);
  }
  const tensors = new Map<string, Tensor>();
  const stream = streamSafetensors(folder.open(ADAPTER_WEIGHTS_FILE), folder.sizeOf(ADAPTER_WEIGHTS_FILE));
  for await (const [name, tensor] of stream) {
    if (!name.startsWith(PREFIX)) throw new LoraAdapterError(`tensor ${name} does not begin with ${PREFIX}`);
    tensors.set(name.slice(PREFIX.length), tensor);
  }
  const modules = loraModules({ tensors });
  for (const { module, rank } of modules) {
    const expected = loraRank(config, module);
    if (rank !== expected)
      throw new LoraAdapterError(`${module}: its matrices have rank ${rank}, the config says ${expected}`);
  }
  if (isTargetedByName(stored)) return { config, tensors };
  return { config: { ...config, targetModules: modules.map(({ module }) => module) }, tensors };
}

/** @throws LoraAdapterError for a number that is none: what it is added to could neither be trained nor sampled. */
export function assertFiniteAdapter({ tensors }: LoraAdapter): void {
  for (const [name, { data }] of tensors) {
    const at = data.findIndex((value) => !Number.isFinite(value));
    if (at >= 0) throw new LoraAdapterError(`tensor ${name} holds ${data[at]} at element ${at}`);
  }
}

/** The two files. @param fanInFanOut Whether the base stores weights [inputs, outputs], as GPT-2 does. */
export function adapterFiles({ config, tensors }: LoraAdapter, fanInFanOut = false): Map<string, Uint8Array> {
  const stored = new Map([...tensors].map(([name, tensor]) => [PREFIX + name, tensor]));
  return new Map([
    [ADAPTER_CONFIG_FILE, new TextEncoder().encode(JSON.stringify(writeAdapterConfig(config, fanInFanOut), null, 2))],
    [ADAPTER_WEIGHTS_FILE, encodeSafetensors(stored)],
  ]);
}

export interface LoraModule {
  readonly module: string;
  readonly rank: number;
  /** [r, inputs] */
  readonly a: Tensor;
  /** [outputs, r] */
  readonly b: Tensor;
}

/** The modules that the adapter changes by B·A. @throws LoraAdapterError for a pair that is not one. */
export function loraModules({ tensors }: Pick<LoraAdapter, 'tensors'>): LoraModule[] {
  for (const name of tensors.keys()) {
    const partner = name.endsWith(LORA_B) ? name.replace(LORA_B, LORA_A) : undefined;
    if (partner !== undefined && !tensors.has(partner)) throw new LoraAdapterError(`tensor ${partner} is missing`);
  }
  return [...tensors].flatMap(([name, a]) => {
    if (!name.endsWith(LORA_A)) return [];
    const module = name.slice(0, -LORA_A.length);
    const b = tensors.get(module + LORA_B);
    const [rank, columns] = [a.shape[0] ?? 0, b?.shape[1]];
    if (!b) throw new LoraAdapterError(`tensor ${module}${LORA_B} is missing`);
    if (a.shape.length !== 2 || b.shape.length !== 2 || rank !== columns) {
      throw new LoraAdapterError(
        `${module}: lora_A is [${a.shape}] and lora_B [${b.shape}]; expected [r, inputs] and [outputs, r]`,
      );
    }
    return [{ module, rank, a, b }];
  });
}
