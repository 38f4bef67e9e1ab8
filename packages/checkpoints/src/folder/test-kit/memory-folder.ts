/** For tests: a folder of files in memory, read in chunks that end in the middle of everything. */
import type { ModelFolder } from '../model-folder.js';

export type Files = Readonly<Record<string, string | object | Uint8Array>>;

const CHUNK_BYTES = 1_000;

/** Objects become JSON. */
export function memoryFolder(files: Files): ModelFolder {
  const contents = new Map(Object.entries(files).map(([name, content]) => [name, bytesOf(content)]));
  const of = (name: string): Uint8Array => {
    const bytes = contents.get(name);
    if (!bytes) throw new Error(`the test's folder has no ${name}`);
    return bytes;
  };
  return {
    names: [...contents.keys()],
    sizeOf: (name) => of(name).byteLength,
    open: (name, range) => chunked(range ? of(name).subarray(range.offset, range.offset + range.length) : of(name)),
  };
}

async function* chunked(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) yield bytes.subarray(at, at + CHUNK_BYTES);
}

function bytesOf(content: string | object | Uint8Array): Uint8Array {
  if (content instanceof Uint8Array) return content;
  return new TextEncoder().encode(typeof content === 'string' ? content : JSON.stringify(content));
}
