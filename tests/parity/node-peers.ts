/** Programs of other projects in Node, each in a process of its own: they open ONNX Runtime or llama.cpp for themselves. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

async function run<T>(script: URL, args: readonly string[]): Promise<T> {
  const { stdout } = await promisify(execFile)(process.execPath, [fileURLToPath(script), ...args]);
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as T;
}

/** Greedy tokens after each prompt, as transformers.js writes them with the folder `name` in `parent`. */
export const transformersJs = (parent: string, name: string, prompts: readonly string[]): Promise<number[][]> =>
  run(new URL('transformers-js.mjs', import.meta.url), [parent, name, JSON.stringify(prompts)]);

/** Prompt and greedy continuation as llama.cpp has them. */
export async function llamaCpp(file: string, prompts: readonly string[]): Promise<number[][]> {
  const script = new URL('llama-cpp.mjs', import.meta.url);
  const rows = await run<{ tokens: number[]; written: number[] }[]>(script, [file, JSON.stringify(prompts)]);
  return rows.map(({ tokens, written }) => [...tokens, ...written]);
}
