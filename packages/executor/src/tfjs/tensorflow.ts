// TensorFlow.js as a value that is passed around: it is large, its native builds may be absent, and nothing should load
// it by importing a type.

import type * as TensorFlowModule from '@tensorflow/tfjs';

/** The module namespace of `@tensorflow/tfjs` or of one of its supersets for Node. */
export type TensorFlow = typeof TensorFlowModule;
export type Tensor = TensorFlowModule.Tensor;

export type LoadedTensorFlow =
  | { readonly ok: true; readonly tf: TensorFlow; readonly packageName: string }
  /** Why no native TensorFlow could be loaded, one line a package tried. */
  | { readonly ok: false; readonly reason: string };

/** In order of preference: CUDA, then the native CPU build. */
const nativePackages = ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'] as const;

/** Loads the first native TensorFlow that is installed and whose library loads. Never throws. */
export async function loadTensorFlow(packages: readonly string[] = nativePackages): Promise<LoadedTensorFlow> {
  const reasons: string[] = [];
  for (const packageName of packages) {
    try {
      const tf = namespaceOf((await import(packageName)) as ImportedTensorFlow);
      await tf.ready();
      return { ok: true, tf, packageName };
    } catch (error) {
      const [line] = String(error instanceof Error ? error.message : error).split('\n');
      reasons.push(`${packageName}: ${line}`);
    }
  }
  return { ok: false, reason: `no native TensorFlow.js could be loaded; ${reasons.join('; ')}` };
}

/** Loads the pure JavaScript build on its `cpu` backend: slow, and available everywhere. */
export async function loadPortableTensorFlow(): Promise<TensorFlow> {
  const tf = namespaceOf((await import('@tensorflow/tfjs')) as ImportedTensorFlow);
  await tf.setBackend('cpu');
  await tf.ready();
  return tf;
}

type ImportedTensorFlow = TensorFlow & { readonly default?: TensorFlow };

/** The packages are CommonJS: Node puts their exports under `default`. */
function namespaceOf(imported: ImportedTensorFlow): TensorFlow {
  return imported.default ?? imported;
}
