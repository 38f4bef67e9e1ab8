/** A folder of model files on this machine. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, sep } from 'node:path';
import { UsageError } from '../io.js';
import { selectModelFiles } from './model-files.js';

export interface LocalFile {
  /** Path in the folder, with forward slashes. */
  readonly name: string;
  /** Path on this machine. */
  readonly path: string;
  readonly bytes: number;
}

const MAX_DEPTH_FILES = 100_000;

/** The files of the folder that make up a model. @throws UsageError when there is no config. */
export async function localModelFiles(folder: string): Promise<LocalFile[]> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .slice(0, MAX_DEPTH_FILES)
    .map((name) => name.split(sep).join('/'))
    .filter((name) => statSync(join(folder, name), { throwIfNoEntry: false })?.isFile() === true);
  if (!names.includes('config.json') && !names.includes('adapter_config.json')) {
    throw new UsageError(`${folder} has no config.json: expected a Hugging Face model folder, or a peft adapter`);
  }
  const index = () => Promise.resolve(readFileSync(join(folder, 'model.safetensors.index.json'), 'utf8'));
  const wanted = await selectModelFiles(names, index);
  return wanted.map((name) => ({ name, path: join(folder, name), bytes: statSync(join(folder, name)).size }));
}
