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

/** Name of the template that is used unless a request needs another. */
export const DEFAULT_TEMPLATE = 'default';

/**
 * The chat templates by name. `chat_template` is one source, which is the default, or a list of named ones; without it there
 * are none. @throws {TokenizerError} `invalid_tokenizer` when it is neither, or the list has no default.
 */
export function chatTemplateSources(config: TokenizerConfigJson): ReadonlyMap<string, string> {
  const stored = config['chat_template'];
  if (stored === undefined || stored === null) return new Map();
  if (typeof stored === 'string') return new Map([[DEFAULT_TEMPLATE, stored]]);
  const entries = Array.isArray(stored) ? stored.filter(isNamedTemplate) : [];
  const sources = new Map(entries.map(({ name, template }) => [name, template]));
  if (sources.has(DEFAULT_TEMPLATE)) return sources;
  throw new TokenizerError(
    'invalid_tokenizer',
    'tokenizer_config.json: chat_template must be a string, or a list with an entry {"name":"default","template":…}.',
  );
}

function isNamedTemplate(value: unknown): value is { name: string; template: string } {
  return isRecord(value) && typeof value['name'] === 'string' && typeof value['template'] === 'string';
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
