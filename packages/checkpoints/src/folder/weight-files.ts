/** Which files of a folder hold its weights. Formats that run code when opened, or that we cannot read, are refused. */
import { INDEX_FILE, readShardIndex, WEIGHTS_FILE } from '../safetensors/shards.js';
import { type ModelFolder, ModelFolderError, readJsonObject } from './model-folder.js';

/** What a folder may hold instead of safetensors, by the end of the name. */
const OTHER_FORMATS = ['.bin', '.pt', '.pth', '.ckpt', '.h5', '.msgpack', '.gguf'];
const ADVICE =
  'convert it once, where you trust its origin: python -c "from transformers import AutoModelForCausalLM as M; ' +
  "M.from_pretrained('FOLDER').save_pretrained('NEW_FOLDER')\"";

/**
 * Names of the safetensors files, in order.
 * @throws ModelFolderError when there are none, or the index lists one that is not there.
 */
export async function weightFiles(folder: ModelFolder): Promise<string[]> {
  if (folder.names.includes(WEIGHTS_FILE)) return [WEIGHTS_FILE];
  if (folder.names.includes(INDEX_FILE)) return shardFiles(folder);
  const [only, ...more] = folder.names.filter((name) => /^[^/]+\.safetensors$/.test(name));
  if (only !== undefined && more.length === 0) return [only];
  if (only !== undefined)
    throw new ModelFolderError(null, `${INDEX_FILE} is missing, which says how ${more.length + 1} files fit together`);
  const other = folder.names.find((name) => OTHER_FORMATS.some((ending) => name.endsWith(ending)));
  if (other === undefined) throw new ModelFolderError(null, `${WEIGHTS_FILE} is missing`);
  const why = other.endsWith('.gguf') ? 'GGUF is written here, not read' : 'pickled weights can run code when opened';
  throw new ModelFolderError(other, `${why}; ${ADVICE}`);
}

async function shardFiles(folder: ModelFolder): Promise<string[]> {
  const files = new Set(readShardIndex(await readJsonObject(folder, INDEX_FILE)).values());
  for (const file of files) {
    if (!folder.names.includes(file)) throw new ModelFolderError(file, `is listed in ${INDEX_FILE} and missing`);
  }
  return [...files].sort();
}
