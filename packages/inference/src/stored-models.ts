/** What models are stored as. Apart from the registry of their names, since it takes the tokenizers and the checkpoints. */
export { describeFolder, fittingTokenizer } from './describe-folder.js';
export { ADAPTER_BASE_BLOB, adapterBlobs, descriptionBlobs, MODEL_BLOBS, modelBlobs } from './model-blobs.js';
export { baseConfig } from './model-contents.js';
