/**
 * Everything that can be known to be wrong with a folder from its small files and the headers of its weights, before a
 * byte of weights is moved: the config, every tensor's presence, name, shape and type, and every file's length.
 */
import { type DecoderConfig, parameterCount } from '@preheat/contracts';
import { DTYPE_BYTES, FLOAT_DTYPES } from '../safetensors/dtypes.js';
import { headBytes, LENGTH_BYTES, parseHeader, type SafetensorsEntry } from '../safetensors/header.js';
import { scaleName } from '../safetensors/read-tensors.js';
import { SafetensorsError } from '../safetensors/safetensors-error.js';
import { readFolderConfig } from './folder-config.js';
import { type ModelFolder, ModelFolderError } from './model-folder.js';
import { type StoredNames, storedNames } from './tensor-names.js';
import { weightFiles } from './weight-files.js';

export interface FolderSummary {
  readonly config: DecoderConfig;
  readonly parameters: number;
  readonly weightFiles: readonly string[];
  readonly weightBytes: number;
  readonly tensors: number;
  /** Element types of the weights as stored, most common first. */
  readonly dtypes: readonly string[];
  /** Stored tensors that are no weights and are left out. */
  readonly ignored: readonly string[];
}

/** @throws ModelFolderError naming file, tensor or key, and what was expected. */
export async function checkModelFolder(folder: ModelFolder): Promise<FolderSummary> {
  const config = await readFolderConfig(folder);
  const names = storedNames(config);
  const files = await weightFiles(folder);
  const found = new Map<string, { file: string; dtype: string }>();
  const ignored: string[] = [];
  for (const file of files) {
    const entries = await headerOf(folder, file);
    const scales = new Set(entries.filter(({ dtype }) => dtype === 'I8').map(({ name }) => scaleName(name)));
    for (const entry of entries) {
      const role = scales.has(entry.name) ? 'scale' : roleOf(entry, names, file, config);
      if (role === 'ignored') ignored.push(entry.name);
      if (typeof role !== 'object') continue;
      const twin = found.get(role.name);
      if (twin) throw new ModelFolderError(file, `tensor ${entry.name} is in ${twin.file} as well`);
      found.set(role.name, { file, dtype: entry.dtype });
    }
  }
  const missing = [...names.specs.values()].find(({ name }) => !found.has(name));
  if (missing) throw new ModelFolderError(files.join(', '), `tensor ${missing.name} [${missing.shape}] is missing`);
  return {
    config,
    parameters: parameterCount(config),
    weightFiles: files,
    weightBytes: files.reduce((sum, file) => sum + folder.sizeOf(file), 0),
    tensors: found.size,
    dtypes: byFrequency([...found.values()].map(({ dtype }) => dtype)),
    ignored,
  };
}

function roleOf(entry: SafetensorsEntry, names: StoredNames, file: string, config: DecoderConfig) {
  const role = names.roleOf(entry.name);
  if (role === undefined) {
    throw new ModelFolderError(
      file,
      `tensor ${entry.name} [${entry.shape}] is no part of a ${config.model_type} of this config`,
    );
  }
  if (role === 'ignored') return role;
  const expected = names.specs.get(role.name)?.shape ?? [];
  if (expected.join() !== entry.shape.join()) {
    throw new ModelFolderError(file, `tensor ${entry.name} is [${entry.shape}], config.json makes it [${expected}]`);
  }
  if (!FLOAT_DTYPES.has(entry.dtype) && entry.dtype !== 'I8') {
    const known = [...FLOAT_DTYPES].join(', ');
    throw new ModelFolderError(
      file,
      `tensor ${entry.name} has dtype ${entry.dtype}, expected one of ${known} (quantised weights of other tools are not read)`,
    );
  }
  return role;
}

async function headerOf(folder: ModelFolder, file: string): Promise<readonly SafetensorsEntry[]> {
  const fileBytes = folder.sizeOf(file);
  try {
    const first = await readRange(folder, file, Math.min(LENGTH_BYTES, fileBytes));
    return parseHeader(await readRange(folder, file, headBytes(first, fileBytes)), fileBytes).entries;
  } catch (error) {
    if (!(error instanceof SafetensorsError)) throw error;
    throw new ModelFolderError(file, error.message, { cause: error });
  }
}

async function readRange(folder: ModelFolder, file: string, length: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  if (length > 0) for await (const chunk of folder.open(file, { offset: 0, length })) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  if (bytes.byteLength >= length) return bytes;
  throw new ModelFolderError(file, `only ${bytes.byteLength} of the first ${length} bytes could be read`);
}

function byFrequency(dtypes: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const dtype of dtypes) counts.set(dtype, (counts.get(dtype) ?? 0) + (DTYPE_BYTES[dtype] ? 1 : 0));
  return [...counts].sort(([, a], [, b]) => b - a).map(([dtype]) => dtype);
}
