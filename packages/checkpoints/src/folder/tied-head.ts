/**
 * A head that a folder stores although its config ties it to the embedding, which is computed with in its place. It may be
 * the same table in another type: then one of the two is the other as its own type rounds it.
 */
import { decoderArchitecture, type DecoderConfig } from '@preheat/contracts';
import { fromFloat32, toFloat32 } from '../safetensors/dtypes.js';
import { dequantizeRows, quantizeRows } from '../safetensors/int8-rows.js';
import { CONFIG_FILE } from './folder-config.js';
import { type NamedTensor, namedTensors } from './load-weights.js';
import { type ModelFolder, ModelFolderError } from './model-folder.js';
import { storedNames, TIED_HEAD } from './tensor-names.js';

/** @throws ModelFolderError when the two are different tables: transformers would compute with both. */
export async function assertTiedHead(folder: ModelFolder, config: DecoderConfig): Promise<void> {
  const { roleOf } = storedNames(config);
  const embedding = `${decoderArchitecture(config).embedding.name}.weight`;
  const nameOf = (stored: string): string | undefined => {
    const role = stored === TIED_HEAD ? { name: TIED_HEAD } : roleOf(stored);
    return typeof role === 'object' && [embedding, TIED_HEAD].includes(role.name) ? role.name : undefined;
  };
  const found = new Map<string, NamedTensor>();
  for await (const tensor of namedTensors(folder, nameOf)) found.set(tensor.name, tensor);
  const [head, table] = [found.get(TIED_HEAD), found.get(embedding)];
  const difference = head && table ? differenceOf(head, table) : undefined;
  if (!head || difference === undefined) return;
  const message =
    `tensor ${TIED_HEAD} is not ${embedding}, to which ${CONFIG_FILE} ties it: ${difference}; ` +
    'where it is a head of its own, set "tie_word_embeddings": false';
  throw new ModelFolderError(head.file, message);
}

/** In words; undefined for one table. */
function differenceOf(head: NamedTensor, table: NamedTensor): string | undefined {
  const [headShape, tableShape] = [head.tensor.shape.join(', '), table.tensor.shape.join(', ')];
  if (headShape !== tableShape) return `their shapes are [${headShape}] and [${tableShape}]`;
  const largest = Math.min(largestDifference(head, table), largestDifference(table, head));
  if (largest === 0) return undefined;
  return `they differ by up to ${largest.toPrecision(2)} (stored as ${head.dtype} and ${table.dtype})`;
}

/** Between `target` and `source` as the type of `target` rounds it, row by row so that no second table is held. */
function largestDifference(source: NamedTensor, target: NamedTensor): number {
  const { data, shape } = source.tensor;
  const columns = shape.at(-1) ?? 1;
  let largest = 0;
  for (let start = 0; start < data.length; start += columns) {
    const row = data.subarray(start, start + columns);
    const rounded = source.dtype === target.dtype ? row : roundedTo(target.dtype, row);
    for (let i = 0; i < row.length; i++) {
      const there = target.tensor.data[start + i] as number;
      largest = Math.max(largest, Math.abs((rounded[i] as number) - there));
    }
  }
  return largest;
}

function roundedTo(dtype: string, row: Float32Array): Float32Array {
  if (dtype === 'I8') return dequantizeRows(quantizeRows(TIED_HEAD, { shape: [1, row.length], data: row }));
  return dtype === 'BF16' || dtype === 'F16' ? toFloat32(dtype, fromFloat32(dtype, row)) : row;
}
