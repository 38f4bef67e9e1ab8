/**
 * The TensorFlow that this ring runs on: the CUDA build on a host with a GPU, else the same addon over TensorFlow's CPU
 * library (build-cpu-binding.mjs) or tfjs-node, else none. On a host with a GPU nothing else than the GPU will do.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type LoadedTensorFlow, loadPortableTensorFlow, loadTensorFlow, type TensorFlow } from '@preheat/executor/tfjs';
import { gpuSettings } from '../../gpu-runner/src/gpu-settings.js';

/** Devices as `nvidia-smi -L` lists them, or why there are none. */
export function listGpus(): { readonly gpus: readonly string[]; readonly reason: string } {
  const { status, stdout, error } = spawnSync('nvidia-smi', ['-L'], { encoding: 'utf8' });
  if (error) return { gpus: [], reason: 'nvidia-smi is not on this machine' };
  const gpus = stdout.split('\n').filter((line) => line.startsWith('GPU '));
  return { gpus, reason: status === 0 && gpus.length > 0 ? '' : 'nvidia-smi lists no GPU' };
}

export const cuda = listGpus();

const cpuBuild = new URL(
  '../../.cache/tfjs-node-cpu/node_modules/@tensorflow/tfjs-node-gpu/dist/index.js',
  import.meta.url,
);

/** Loads it with the runner's settings. On a host with a GPU, the package must be the CUDA one. */
export async function openNative(): Promise<LoadedTensorFlow> {
  const { environment } = gpuSettings({ PREHEAT_STORE: 'filesystem' });
  for (const [name, value] of Object.entries(environment)) process.env[name] ??= value;
  if (cuda.gpus.length > 0) return loadTensorFlow(['@tensorflow/tfjs-node-gpu']);
  const packages = [...(existsSync(cpuBuild) ? [cpuBuild.href] : []), '@tensorflow/tfjs-node'];
  return loadTensorFlow(packages);
}

/** Why no native TensorFlow can be had here, without loading one; undefined when it should load. */
export function missingNative(): string | undefined {
  if (cuda.gpus.length > 0 || existsSync(cpuBuild)) return undefined;
  try {
    createRequire(import.meta.url).resolve('@tensorflow/tfjs-node');
    return undefined;
  } catch {
    return `${cuda.reason}, and neither the addon of tests/gpu/build-cpu-binding.mjs nor @tensorflow/tfjs-node is there`;
  }
}

/** The native TensorFlow if it is to be had, else TensorFlow.js in JavaScript, which is slow. @throws when it is broken. */
export async function openAny(): Promise<TensorFlow> {
  if (missingNative() !== undefined) return loadPortableTensorFlow();
  const loaded = await openNative();
  if (!loaded.ok) throw new Error(loaded.reason);
  return loaded.tf;
}
