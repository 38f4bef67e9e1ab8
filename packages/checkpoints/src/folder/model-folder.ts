/**
 * A folder of model files, wherever it lies: on a disk, as a bundle in a store, as uploads. Whoever reads a model reads it
 * through this, so that every source gets the same checks and none needs to be copied first.
 */
export interface ModelFolder {
  /** Paths below the folder, with forward slashes. */
  readonly names: readonly string[];
  sizeOf(name: string): number;
  /** The bytes, or `length` of them from `offset` on. Single use; read to the end or returned. */
  open(name: string, range?: { readonly offset: number; readonly length: number }): AsyncIterable<Uint8Array>;
}

/** A folder does not hold a model that can be used here. */
export class ModelFolderError extends Error {
  override readonly name = 'ModelFolderError';
  /** The file at fault, or null when one is missing. */
  readonly file: string | null;

  constructor(file: string | null, message: string, options?: { cause?: unknown }) {
    super(file === null ? message : `${file}: ${message}`, options);
    this.file = file;
  }
}

/** Small files only: a tokenizer may have tens of megabytes, a config never. */
const MAX_JSON_BYTES = 256 * 1024 * 1024;

export async function readBytes(folder: ModelFolder, name: string): Promise<Uint8Array> {
  if (folder.sizeOf(name) > MAX_JSON_BYTES) {
    throw new ModelFolderError(name, `has ${folder.sizeOf(name)} bytes, more than ${MAX_JSON_BYTES} are not read`);
  }
  const chunks: Uint8Array[] = [];
  for await (const chunk of folder.open(name)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** @throws ModelFolderError when the text is not UTF-8. */
export async function readText(folder: ModelFolder, name: string): Promise<string> {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(await readBytes(folder, name));
  } catch (cause) {
    if (cause instanceof ModelFolderError || !(cause instanceof TypeError)) throw cause;
    throw new ModelFolderError(name, 'is not UTF-8 text', { cause });
  }
}

/** @throws ModelFolderError when the file is missing or is not a JSON object. */
export async function readJsonObject(folder: ModelFolder, name: string): Promise<Record<string, unknown>> {
  if (!folder.names.includes(name)) {
    throw new ModelFolderError(
      null,
      `${name} is missing; the folder has ${folder.names.slice(0, 20).join(', ') || 'no files'}`,
    );
  }
  const text = await readText(folder, name);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new ModelFolderError(name, `is not JSON: ${(cause as Error).message}`, { cause });
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new ModelFolderError(name, 'must be a JSON object');
}
