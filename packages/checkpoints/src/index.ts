/** Named-tensor bundles, their safetensors files, manifest-last publishing, and the ONNX export of a decoder. */
export { type BundleDamage, BundleError, type BundleErrorReason } from './bundle-error.js';
export { findDamage } from './find-damage.js';
export { freshDecoder } from './fresh-decoder.js';
export { pastName, presentName, promptName } from './decoder-onnx/decoder-cache.js';
export { TOP_LOG_PROBS } from './decoder-onnx/token-choice.js';
export type { CacheLayout } from './decoder-onnx/decode-graph.js';
export { type DecodeForm, decoderToOnnx, rowCount, type ServingGraphKind, servingGraph } from './decoder-to-onnx.js';
export { servedAdapter, type ServedBlock } from './served-adapter.js';
export { type ServedWeight, servedWeightCount, servedWeights, writeServedWeights } from './served-weights.js';
export { huggingFaceConfigText, readHuggingFaceConfig, writeHuggingFaceConfig } from './hugging-face-config.js';
export { type Bundle, openBundle } from './open-bundle.js';
export { MANIFEST_NAME, MAX_PARALLEL_BLOB_WRITES, publishBundle, sha256Hex } from './publish-bundle.js';
export type { WeightDtype } from './safetensors/dtypes.js';
export { float16ToFloat32, float32ToFloat16 } from './safetensors/half-floats.js';
export { dequantizeRows, quantizeRows } from './safetensors/int8-rows.js';
export { decodeSafetensors, type SafetensorsFile, streamSafetensors } from './safetensors/read-tensors.js';
export { SafetensorsError } from './safetensors/safetensors-error.js';
export { DEFAULT_SHARD_BYTES, shardTensors } from './safetensors/shards.js';
export { encodeSafetensors, safetensorsPieces, type WriteOptions } from './safetensors/write-tensors.js';
export { assertDecoderTensors, type Tensor, type TensorMap, TensorMismatchError } from './tensor.js';
export { bundleFolder } from './folder/bundle-folder.js';
export { checkModelFolder, type FolderSummary } from './folder/check-folder.js';
export { CONFIG_FILE, GENERATION_CONFIG_FILE, generationConfig, readFolderConfig } from './folder/folder-config.js';
export { TIED_HEAD } from './folder/tensor-names.js';
export { assertFiniteWeights, loadFolderWeights } from './folder/load-weights.js';
export { assertTiedHead } from './folder/tied-head.js';
export { type ModelFolder, ModelFolderError, readJsonObject, readText } from './folder/model-folder.js';
export type { BlobContent } from './publish-bundle.js';
export { type GgmlType, GgufError } from './gguf/gguf-format.js';
export { ggufMetadata } from './gguf/gguf-metadata.js';
export { fromGgufTensors, toGgufTensors } from './gguf/gguf-tensors.js';
export { type GgufFile, readGguf } from './gguf/read-gguf.js';
export { ggufDtype, ggufPieces } from './gguf/write-gguf.js';
export { ADAPTER_CONFIG_FILE, ADAPTER_WEIGHTS_FILE } from './peft/adapter-config.js';
export { adapterFiles, assertFiniteAdapter, loraModules, readAdapter } from './peft/adapter-files.js';
export {
  LORA_A,
  LORA_B,
  type LoraAdapter,
  LoraAdapterError,
  type LoraConfig,
  loraRank,
  loraScale,
} from './peft/lora-adapter.js';
export { mergeAdapter } from './peft/merge-adapter.js';
export {
  exportFiles,
  type ExportOptions,
  type ExportSource,
  ModelExportError,
  ONNX_FILE,
} from './export/export-files.js';
export { rereadWeights, roundedWeights } from './export/reread-export.js';
export { inputsFirstModules } from './peft/inputs-first.js';
export { readBytes } from './folder/model-folder.js';
