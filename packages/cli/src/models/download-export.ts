/** The files of an export onto this machine, each compared with the hash that the platform states, and the parity report. */
import { createHash } from 'node:crypto';
import { createWriteStream, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import type { ModelExport, Preheat } from '@preheat/sdk';
import { CommandFailed, UsageError } from '../io.js';

export const PARITY_FILE = 'parity.json';

/** @throws UsageError when the folder holds something already: files of two exports must not mix. */
export function assertEmptyFolder(folder: string): void {
  const there = statSync(folder, { throwIfNoEntry: false });
  if (!there) return;
  if (!there.isDirectory()) throw new UsageError(`${folder} is a file: --out names a folder`);
  if (readdirSync(folder).length > 0) throw new UsageError(`${folder} is not empty: choose another folder for --out`);
}

/** Into an empty folder; on failure it is left empty, so that the same can be tried again. */
export async function downloadExport(
  client: Preheat,
  written: ModelExport,
  folder: string,
  signal: AbortSignal,
  onProgress: (bytes: number, totalBytes: number, name: string) => void,
): Promise<void> {
  try {
    await downloadFiles(client, written, folder, signal, onProgress);
  } catch (error) {
    for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true });
    throw error;
  }
}

async function downloadFiles(
  client: Preheat,
  { id, files, parity }: ModelExport,
  folder: string,
  signal: AbortSignal,
  onProgress: (bytes: number, totalBytes: number, name: string) => void,
): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const totalBytes = files.reduce((sum, { bytes }) => sum + bytes, 0);
  let done = 0;
  for (const { path, sha256 } of files) {
    const target = join(folder, ...path.split('/'));
    mkdirSync(dirname(target), { recursive: true });
    const { body } = await client.models.exportFile(id, path, { signal });
    const hash = createHash('sha256');
    const content = body ? Readable.fromWeb(body as ReadableStream) : Readable.from([]);
    content.on('data', (chunk: Uint8Array) => {
      hash.update(chunk);
      done += chunk.byteLength;
      onProgress(done, totalBytes, path);
    });
    await pipeline(content, createWriteStream(target), { signal });
    const actual = hash.digest('hex');
    if (actual !== sha256)
      throw new CommandFailed(`${target} has SHA-256 ${actual}, the platform sent ${sha256}; try again`);
  }
  writeFileSync(join(folder, PARITY_FILE), `${JSON.stringify(parity, null, 2)}\n`);
}
