// Programs on onnxruntime-node: the default on CPUs. Importing this loads neither TensorFlow.js nor the runtime itself.

export type { Parallelism } from './choose-parallelism.js';
export { createOnnxExecutor } from './onnx-executor.js';
export type { OnnxOptions } from './session-options.js';
