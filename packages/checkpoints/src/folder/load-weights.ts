/**
 * The weights of a folder as float32, streamed file by file: beside the tensors themselves only one tensor of file bytes
 * is in memory at a time.
 */
import { decoderArchitecture, type DecoderConfig } from '@preheat/contracts';
import { streamSafetensors } from '../safetensors/read-tensors.js';
import { SafetensorsError } from '../safetensors/safetensors-error.js';
import { assertDecoderTensors, type Tensor } from '../tensor.js';
import { CONFIG_FILE } from './folder-config.js';
import { type ModelFolder, ModelFolderError } from './model-folder.js';
import { storedNames, TIED_HEAD } from './tensor-names.js';
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

/**
 * Reads a head that is stored although the config ties it to the embedding, which is computed with in its place.
 * @throws ModelFolderError when the two differ: transformers would compute with both.
 */
export async function assertTiedHead(folder: ModelFolder, config: DecoderConfig): Promise<void> {
  const { roleOf } = storedNames(config);
  const embedding = `${decoderArchitecture(config).embedding.name}.weight`;
  const nameOf = (stored: string): string | undefined => {
    const role = stored === TIED_HEAD ? { name: TIED_HEAD } : roleOf(stored);
    return typeof role === 'object' && [embedding, TIED_HEAD].includes(role.name) ? role.name : undefined;
  };
  const found = new Map<string, { file: string; tensor: Tensor }>();
  for await (const { name, ...rest } of namedTensors(folder, nameOf)) found.set(name, rest);
  const [head, table] = [found.get(TIED_HEAD), found.get(embedding)];
  if (!head || !table || isEqual(head.tensor, table.tensor)) return;
  const message =
    `tensor ${TIED_HEAD} is not ${embedding}, to which ${CONFIG_FILE} ties it; ` +
    'where it is a head of its own, set "tie_word_embeddings": false';
  throw new ModelFolderError(head.file, message);
}

const isEqual = (a: Tensor, b: Tensor): boolean =>
  a.shape.join() === b.shape.join() && a.data.every((value, index) => value === b.data[index]);

function folderTensors(folder: ModelFolder, config: DecoderConfig): AsyncGenerator<NamedTensor> {
  const { roleOf } = storedNames(config);
  return namedTensors(folder, (stored) => {
    const role = roleOf(stored);
    return typeof role === 'object' ? role.name : undefined;
  });
}

interface NamedTensor {
  readonly file: string;
  readonly name: string;
  readonly tensor: Tensor;
}

/** The stored tensors that have a name; the others are read past. */
async function* namedTensors(
  folder: ModelFolder,
  nameOf: (stored: string) => string | undefined,
): AsyncGenerator<NamedTensor> {
  for (const file of await weightFiles(folder)) {
    const wants = (stored: string) => nameOf(stored) !== undefined;
    try {
      for await (const [stored, tensor] of streamSafetensors(folder.open(file), folder.sizeOf(file), wants)) {
        const name = nameOf(stored);
        if (name !== undefined) yield { file, name, tensor };
      }
    } catch (error) {
      if (!(error instanceof SafetensorsError)) throw error;
      throw new ModelFolderError(file, error.message, { cause: error });
    }
  }
}
