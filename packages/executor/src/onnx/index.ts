// Programs on onnxruntime-node: the default on CPUs. Importing this never loads TensorFlow.js.

export { createOnnxExecutor } from './onnx-executor.js';
export type { OnnxOptions } from './session-options.js';
