/** The parts of Hugging Face's `tokenizer.json` and `tokenizer_config.json` that are read here; both are open records. */
import { TokenizerError } from './tokenizer-error.js';

export type TokenizerJson = Readonly<Record<string, unknown>>;
export type TokenizerConfigJson = Readonly<Record<string, unknown>>;

export interface TokenizerFiles {
  readonly tokenizerJson: TokenizerJson;
  readonly tokenizerConfig: TokenizerConfigJson;
}

const NAMED_TOKENS = [
  'bos_token',
  'eos_token',
  'unk_token',
  'pad_token',
  'sep_token',
  'cls_token',
  'mask_token',
] as const;
type NamedToken = (typeof NAMED_TOKENS)[number];

/** The named special tokens that the config sets; each is stored as a string or as an added-token object. */
export function namedTokens(config: TokenizerConfigJson): Partial<Record<NamedToken, string>> {
  const found: Partial<Record<NamedToken, string>> = {};
  for (const name of NAMED_TOKENS) {
    const value = config[name];
    const content = isRecord(value) ? value['content'] : value;
    if (typeof content === 'string') found[name] = content;
  }
  return found;
}

/** `chat_template` is one source, or a list of named ones of which `default` is used; null when there is none. */
export function chatTemplateSource(config: TokenizerConfigJson): string | null {
  const stored = config['chat_template'];
  if (stored === undefined || stored === null) return null;
  if (typeof stored === 'string') return stored;
  const named = Array.isArray(stored)
    ? stored.find((entry) => isRecord(entry) && entry['name'] === 'default')
    : undefined;
  if (isRecord(named) && typeof named['template'] === 'string') return named['template'];
  throw new TokenizerError(
    'invalid_tokenizer',
    'tokenizer_config.json: chat_template must be a string, or a list with an entry {"name":"default","template":…}.',
  );
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
