/** Named-tensor bundles, their safetensors files, manifest-last publishing, and the ONNX export of a decoder. */
export { BundleError, type BundleErrorReason } from './bundle-error.js';
export { freshDecoder } from './fresh-decoder.js';
export { pastName, presentName } from './decoder-onnx/decoder-cache.js';
export { TOP_LOG_PROBS } from './decoder-onnx/generate-graph.js';
export { type DecoderGraphKind, decoderToOnnx } from './decoder-to-onnx.js';
export { huggingFaceConfigText, readHuggingFaceConfig, writeHuggingFaceConfig } from './hugging-face-config.js';
export { type Bundle, openBundle } from './open-bundle.js';
export { MANIFEST_NAME, MAX_PARALLEL_BLOB_WRITES, publishBundle, sha256Hex } from './publish-bundle.js';
export type { WeightDtype } from './safetensors/dtypes.js';
export { decodeSafetensors, type SafetensorsFile, streamSafetensors } from './safetensors/read-tensors.js';
export { SafetensorsError } from './safetensors/safetensors-error.js';
export { DEFAULT_SHARD_BYTES, shardTensors } from './safetensors/shards.js';
export { encodeSafetensors, safetensorsPieces, type WriteOptions } from './safetensors/write-tensors.js';
export { assertDecoderTensors, type Tensor, type TensorMap, TensorMismatchError } from './tensor.js';
