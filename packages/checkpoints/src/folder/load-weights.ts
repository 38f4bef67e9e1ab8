/**
 * The weights of a folder as float32, streamed file by file: beside the tensors themselves only one tensor of file bytes
 * is in memory at a time.
 */
import type { DecoderConfig } from '@preheat/contracts';
import { streamSafetensors } from '../safetensors/read-tensors.js';
import { SafetensorsError } from '../safetensors/safetensors-error.js';
import { assertDecoderTensors, type Tensor } from '../tensor.js';
import { type ModelFolder, ModelFolderError } from './model-folder.js';
import { storedNames } from './tensor-names.js';
import { weightFiles } from './weight-files.js';

/**
 * Every tensor of the decoder, under the names of `decoderTensors`.
 * @throws ModelFolderError naming the file; TensorMismatchError when the files do not make up the decoder.
 */
export async function loadFolderWeights(folder: ModelFolder, config: DecoderConfig): Promise<Map<string, Tensor>> {
  const tensors = new Map<string, Tensor>();
  for await (const { name, tensor } of folderTensors(folder, config)) tensors.set(name, tensor);
  assertDecoderTensors(config, tensors);
  return tensors;
}

/**
 * Reads every weight once and keeps none. @throws ModelFolderError for one that holds NaN or infinity: such a model can
 * neither be trained nor sampled, and is broken where it came from.
 */
export async function assertFiniteWeights(folder: ModelFolder, config: DecoderConfig): Promise<void> {
  for await (const { file, name, tensor } of folderTensors(folder, config)) {
    const at = tensor.data.findIndex((value) => !Number.isFinite(value));
    if (at >= 0) throw new ModelFolderError(file, `tensor ${name} holds ${tensor.data[at]} at element ${at}`);
  }
}

function folderTensors(folder: ModelFolder, config: DecoderConfig): AsyncGenerator<NamedTensor> {
  const { roleOf } = storedNames(config);
  return namedTensors(folder, (stored) => {
    const role = roleOf(stored);
    return typeof role === 'object' ? role.name : undefined;
  });
}

export interface NamedTensor {
  readonly file: string;
  readonly name: string;
  readonly tensor: Tensor;
  /** How the file stores it. */
  readonly dtype: string;
}

/** The stored tensors that have a name; the others are read past. */
export async function* namedTensors(
  folder: ModelFolder,
  nameOf: (stored: string) => string | undefined,
): AsyncGenerator<NamedTensor> {
  for (const file of await weightFiles(folder)) {
    const wants = (stored: string) => nameOf(stored) !== undefined;
    try {
      for await (const [stored, tensor, dtype] of streamSafetensors(folder.open(file), folder.sizeOf(file), wants)) {
        const name = nameOf(stored);
        if (name !== undefined) yield { file, name, tensor, dtype };
      }
    } catch (error) {
      if (!(error instanceof SafetensorsError)) throw error;
      throw new ModelFolderError(file, error.message, { cause: error });
    }
  }
}
