// The interfaces of executors. Implementations are at the subpaths ./onnx and ./tfjs, so that neither runtime is loaded
// by naming the types.

export type {
  CompiledProgram,
  Executor,
  Feeds,
  LoadableState,
  ParameterSpec,
  StoredTensor,
  Tensors,
  TrainingOptions,
  TrainingSnapshot,
  TrainingState,
  UpdateOptions,
  UpdateReport,
} from './executor.js';
export { OutOfMemoryError } from './out-of-memory.js';
export type { Shortage } from './out-of-memory.js';
