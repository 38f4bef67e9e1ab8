/** The embedded platform that experiments run on: `preheat dev` over a folder that is kept, so that its jobs outlive a run. */
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Preheat } from '@preheat/sdk';
import { startPreheat } from '../e2e/preheat-process.js';
import type { LabModel } from './lab.js';

export interface ExperimentPlatform {
  readonly client: Preheat;
  /** Ends every process; a job under way keeps its last checkpoint. */
  stop(): Promise<void>;
}

/** @param folder Where jobs, files and models are kept. */
export async function startExperimentPlatform(folder: string): Promise<ExperimentPlatform> {
  const args = ['dev', '--port', '0', '--json', '--log-level', 'warn', '--data-dir', folder];
  const started = startPreheat(args, { cwd: process.cwd() });
  const [line] = await started.seen(/^\{"base_url".*\}$/m);
  const { base_url: baseURL, api_key: apiKey } = JSON.parse(line) as { base_url: string; api_key: string };
  return {
    client: new Preheat({ baseURL, apiKey }),
    stop: async () => {
      started.child.kill('SIGTERM');
      await started.exit;
    },
  };
}

/** Imports a model folder under a name that contains the hash of what is in it; an import that is there is found. */
export async function importModel(
  client: Preheat,
  name: string,
  files: readonly { readonly name: string; readonly bytes: Uint8Array<ArrayBuffer> }[],
  origin: string,
): Promise<LabModel> {
  const unique = `${name}@${origin.slice(-12)}`;
  const sent = [];
  for (const { name: path, bytes } of files) {
    const { id } = await client.files.create(bytes, { purpose: 'user_data', filename: path });
    sent.push({ path, bytes: bytes.length, parts: [id] });
  }
  await client.models.import({ name: unique, files: sent });
  return { name: unique, origin };
}

/** The files of a model folder. */
export function modelFiles(folder: string, names: readonly string[]) {
  return names.map((name) => ({ name: basename(name), bytes: Uint8Array.from(readFileSync(join(folder, name))) }));
}
