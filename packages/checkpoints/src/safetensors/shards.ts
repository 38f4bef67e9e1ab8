/**
 * Weights over several files, as transformers lays them out: `model-00001-of-00003.safetensors` and an index that says
 * which file holds which tensor. A model that fits one file has no index.
 */
import type { Tensor, TensorMap } from '../tensor.js';
import type { WeightDtype } from './dtypes.js';
import { isRecord } from './header.js';
import { fail, quote } from './safetensors-error.js';
import { safetensorsPieces, storedBytes } from './write-tensors.js';

export const WEIGHTS_FILE = 'model.safetensors';
export const INDEX_FILE = 'model.safetensors.index.json';
/** transformers' default; every reader of models expects files of this size. */
export const DEFAULT_SHARD_BYTES = 5_000_000_000;

export interface ShardFile {
  readonly name: string;
  pieces(): Iterable<Uint8Array>;
}

/**
 * The files of a model, each with at most `shardBytes` of tensors (a tensor larger than that gets a file of its own).
 * Tensors keep the order of the map.
 */
export function shardTensors(
  tensors: TensorMap,
  dtype: WeightDtype = 'F32',
  shardBytes: number = DEFAULT_SHARD_BYTES,
): ShardFile[] {
  const shards: Map<string, Tensor>[] = [];
  let filled = Infinity;
  let totalBytes = 0;
  for (const [name, tensor] of tensors) {
    const bytes = storedBytes(tensor, dtype);
    if (filled + bytes > shardBytes) {
      shards.push(new Map());
      filled = 0;
    }
    shards.at(-1)?.set(name, tensor);
    filled += bytes;
    totalBytes += bytes;
  }
  const [only] = shards;
  if (only && shards.length === 1) return [{ name: WEIGHTS_FILE, pieces: () => safetensorsPieces(only, { dtype }) }];
  const width = (value: number) => String(value).padStart(5, '0');
  const nameOf = (index: number) => `model-${width(index + 1)}-of-${width(shards.length)}.safetensors`;
  const weightMap = shards.flatMap((shard, index) => [...shard.keys()].map((name) => [name, nameOf(index)] as const));
  const index = { metadata: { total_size: totalBytes }, weight_map: Object.fromEntries(weightMap) };
  const files = shards.map((shard, at) => ({ name: nameOf(at), pieces: () => safetensorsPieces(shard, { dtype }) }));
  const json = new TextEncoder().encode(JSON.stringify(index, null, 2));
  return [...files, { name: INDEX_FILE, pieces: () => [json] }];
}

/** Tensor name to file name, from a parsed index. @throws SafetensorsError naming what is wrong. */
export function readShardIndex(value: unknown): Map<string, string> {
  const map = isRecord(value) ? value['weight_map'] : undefined;
  if (!isRecord(map)) fail(`${INDEX_FILE} has no object "weight_map"`);
  return new Map(
    Object.entries(map).map(([name, file]) => {
      const isName = typeof file === 'string' && /^[A-Za-z0-9_-][A-Za-z0-9_.-]*\.safetensors$/.test(file);
      if (!isName)
        fail(`${INDEX_FILE} puts ${quote(name)} into ${JSON.stringify(file)}, expected a *.safetensors name`);
      return [name, file];
    }),
  );
}
