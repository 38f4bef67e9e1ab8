/** A model as jobs publish them: the size of the smallest base model, in a bundle of its own. */
import { freshDecoder } from '@preheat/checkpoints';
import { BASE_MODELS, type BaseModel } from '@preheat/inference/model-registry';
import { baseConfig, modelBlobs } from '@preheat/inference/stored-models';
import { letterToSoundTokenizer, loadTokenizer } from '@preheat/tokenizer';

export function storedModelBlobs(): Map<string, Uint8Array> {
  const files = letterToSoundTokenizer();
  const config = baseConfig(BASE_MODELS[0] as BaseModel, loadTokenizer(files));
  return modelBlobs(config, files, freshDecoder(config, 1));
}
