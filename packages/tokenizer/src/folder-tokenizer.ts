/**
 * The tokenizer of a model folder. Chat templates lie in `tokenizer_config.json`, or since transformers 4.50 in files of
 * their own, which win; here they are put back into the config, so that everybody else knows one place.
 */
import { TokenizerError } from './tokenizer-error.js';
import { DEFAULT_TEMPLATE, isRecord, type TokenizerFiles } from './tokenizer-files.js';

const TOKENIZER_FILE = 'tokenizer.json';
const CONFIG_FILE = 'tokenizer_config.json';
const SPECIAL_TOKENS_FILE = 'special_tokens_map.json';
const TEMPLATE_FILE = 'chat_template.jinja';
const MORE_TEMPLATES = /^additional_chat_templates\/([^/]+)\.jinja$/;

/** Whether a file of a folder is part of its tokenizer. */
export function isTokenizerFile(name: string): boolean {
  return [TOKENIZER_FILE, CONFIG_FILE, SPECIAL_TOKENS_FILE, TEMPLATE_FILE].includes(name) || MORE_TEMPLATES.test(name);
}

/**
 * @param names All files of the folder. @param readText The content of one.
 * @throws {TokenizerError} `invalid_tokenizer` naming the file at fault.
 */
export async function readFolderTokenizer(
  names: readonly string[],
  readText: (name: string) => Promise<string>,
): Promise<TokenizerFiles> {
  if (!names.includes(TOKENIZER_FILE)) throw missingTokenizer(names);
  const json = async (name: string) => (names.includes(name) ? parsed(name, await readText(name)) : {});
  const [tokenizerJson, specialTokens, config] = await Promise.all([
    json(TOKENIZER_FILE),
    json(SPECIAL_TOKENS_FILE),
    json(CONFIG_FILE),
  ]);
  const tokenizerConfig = { ...specialTokens, ...config };
  const templates = new Map<string, string>();
  if (names.includes(TEMPLATE_FILE)) templates.set(DEFAULT_TEMPLATE, await readText(TEMPLATE_FILE));
  for (const name of names) {
    const [, key] = MORE_TEMPLATES.exec(name) ?? [];
    if (key !== undefined) templates.set(key, await readText(name));
  }
  return {
    tokenizerJson,
    tokenizerConfig: { ...tokenizerConfig, ...asChatTemplate(templates, tokenizerConfig['chat_template']) },
  };
}

function asChatTemplate(templates: ReadonlyMap<string, string>, stored: unknown): { chat_template?: unknown } {
  const main = templates.get(DEFAULT_TEMPLATE) ?? stored;
  if (templates.size === 0) return {};
  if (templates.size === 1 && templates.has(DEFAULT_TEMPLATE)) return { chat_template: main };
  const others = [...templates].filter(([name]) => name !== DEFAULT_TEMPLATE);
  const all = [...(typeof main === 'string' ? [[DEFAULT_TEMPLATE, main] as const] : []), ...others];
  return { chat_template: all.map(([name, template]) => ({ name, template })) };
}

function missingTokenizer(names: readonly string[]): TokenizerError {
  const other = names.find((name) => /^(tokenizer\.model|spiece\.model|vocab\.json|vocab\.txt)$/.test(name));
  const advice =
    other === undefined
      ? ''
      : ` ${other} alone is not read; write it once: python -c "from transformers import AutoTokenizer as T; ` +
        `T.from_pretrained('FOLDER').save_pretrained('FOLDER')".`;
  return new TokenizerError('invalid_tokenizer', `${TOKENIZER_FILE} is missing.${advice}`);
}

function parsed(name: string, text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new TokenizerError('invalid_tokenizer', `${name} is not JSON: ${(cause as Error).message}`, { cause });
  }
  if (isRecord(value)) return value;
  throw new TokenizerError('invalid_tokenizer', `${name}: must be a JSON object.`);
}
