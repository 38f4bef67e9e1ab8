/**
 * What an adapter brings beside its matrices: trainers save the tokenizer with it, which may have another chat template, and
 * another end of a text, than the base's. What it does not bring is the base's.
 */
import { type ModelFolder, readText } from '@preheat/checkpoints';
import { type DecoderConfig, endTokenIds } from '@preheat/contracts';
import type { ModelDescription } from '@preheat/inference/model-registry';
import { fittingTokenizer } from '@preheat/inference/stored-models';
import { isTokenizerFile, readFolderTokenizer, type Tokenizer, type TokenizerFiles } from '@preheat/tokenizer';

type Description = Pick<ModelDescription, 'config' | 'tokenizer' | 'tokenizerFiles'>;

/** @throws TokenizerError, or ModelFolderError for a tokenizer that does not fit the base. */
export async function adapterDescription(folder: ModelFolder, base: Description): Promise<Description> {
  const own = folder.names.filter(isTokenizerFile);
  if (own.length === 0) return base;
  const inherited = new Map<string, object>([
    ['tokenizer.json', base.tokenizerFiles.tokenizerJson],
    ['tokenizer_config.json', base.tokenizerFiles.tokenizerConfig],
  ]);
  const read = await readFolderTokenizer([...new Set([...inherited.keys(), ...own])], async (name) =>
    own.includes(name) ? readText(folder, name) : JSON.stringify(inherited.get(name)),
  );
  const tokenizerFiles = withTemplateOf(base.tokenizerFiles, read);
  const tokenizer = fittingTokenizer(tokenizerFiles, base.config);
  return { config: endingWith(tokenizer, base.config), tokenizer, tokenizerFiles };
}

function withTemplateOf({ tokenizerConfig: inherited }: TokenizerFiles, files: TokenizerFiles): TokenizerFiles {
  const { tokenizerJson, tokenizerConfig } = files;
  const template = tokenizerConfig['chat_template'] ?? inherited['chat_template'];
  return {
    tokenizerJson,
    tokenizerConfig: template === undefined ? tokenizerConfig : { ...tokenizerConfig, chat_template: template },
  };
}

/** A text ends with the base's tokens, and with the one that the adapter was trained to end it with. */
function endingWith({ specialIds: { eos } }: Tokenizer, config: DecoderConfig): DecoderConfig {
  const known = endTokenIds(config);
  if (eos === null || known.includes(eos)) return config;
  return { ...config, other_eos_token_ids: [...known.slice(1), eos] };
}
