// Programs on TensorFlow.js: GPUs through tfjs-node-gpu, and a second opinion on the ONNX executor in tests. The
// library itself is loaded only by `loadTensorFlow` and `loadPortableTensorFlow`.

export { createTfjsExecutor } from './tfjs-executor.js';
export type { TfjsOptions } from './tfjs-executor.js';
export { usesGpu } from './memory-budget.js';
export { loadPortableTensorFlow, loadTensorFlow } from './tensorflow.js';
export type { LoadedTensorFlow, TensorFlow } from './tensorflow.js';
