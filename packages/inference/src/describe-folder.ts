/** Config and tokenizer of a model folder, checked against each other: what is needed to tokenise and validate for it. */
import { type ModelFolder, ModelFolderError, readFolderConfig, readText } from '@preheat/checkpoints';
import type { DecoderConfig } from '@preheat/contracts';
import { loadTokenizer, readFolderTokenizer, type Tokenizer, type TokenizerFiles } from '@preheat/tokenizer';

export interface FolderDescription {
  readonly config: DecoderConfig;
  readonly tokenizer: Tokenizer;
  readonly tokenizerFiles: TokenizerFiles;
}

/**
 * @throws ModelFolderError when the config cannot be run or the tokenizer has ids that the model has no rows for;
 *   TokenizerError when the tokenizer cannot be loaded.
 */
export async function describeFolder(folder: ModelFolder): Promise<FolderDescription> {
  const reading = readFolderTokenizer(folder.names, (name) => readText(folder, name));
  // What is wrong with the config is said first, whatever is read first.
  reading.catch(() => undefined);
  const config = await readFolderConfig(folder);
  const tokenizerFiles = await reading;
  return { config, tokenizer: fittingTokenizer(tokenizerFiles, config), tokenizerFiles };
}

/** @throws ModelFolderError when the tokenizer has ids that the model has no rows for; TokenizerError when it cannot be loaded. */
export function fittingTokenizer(files: TokenizerFiles, config: DecoderConfig): Tokenizer {
  const tokenizer = loadTokenizer(files, { modelVocabSize: config.vocab_size });
  if (tokenizer.vocabSize <= config.vocab_size) return tokenizer;
  const message = `has ids up to ${tokenizer.vocabSize - 1}, but vocab_size in config.json is ${config.vocab_size}`;
  throw new ModelFolderError('tokenizer.json', message);
}
