/**
 * A tokenizer.json in llama.cpp's terms. It knows two kinds of BPE: byte-level ones, whose way of splitting words it knows by
 * name, and SentencePiece's with byte fallback. Any other tokenizer is left out (`none`), and the file takes token ids.
 */
import type { GgufValue } from './gguf-format.js';

export interface TokenizerSource {
  readonly tokenizerJson: Readonly<Record<string, unknown>>;
  readonly tokenizerConfig: Readonly<Record<string, unknown>>;
}

interface TokenizerJson {
  readonly added_tokens?: readonly { id: number; content: string; special: boolean }[];
  readonly normalizer?: unknown;
  readonly pre_tokenizer?: unknown;
  readonly decoder?: unknown;
  readonly model: {
    readonly type?: string;
    readonly vocab: Readonly<Record<string, number>>;
    readonly merges?: readonly (string | readonly [string, string])[];
    readonly byte_fallback?: boolean;
    readonly unk_token?: string | null;
  };
}

/** llama.cpp's numbers for kinds of tokens. */
const KIND = { normal: 1, unknown: 2, control: 3, userDefined: 4, unused: 5, byte: 6 };
const BYTE_TOKEN = /^<0x[0-9A-F]{2}>$/;

/** Patterns that split words, by llama.cpp's names. */
const GPT2_PATTERN = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";
const QWEN2_PATTERN =
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
const PRE_TOKENIZERS: Readonly<Record<string, string>> = {
  [GPT2_PATTERN]: 'gpt-2',
  [QWEN2_PATTERN]: 'qwen2',
  [QWEN2_PATTERN.replace('|\\p{N}|', '|\\p{N}{1,3}|')]: 'llama-bpe',
};

/** Metadata under `tokenizer.`, without the ids of special tokens. @param rows Of the model's embedding. */
export function ggufTokenizer(
  { tokenizerJson, tokenizerConfig }: TokenizerSource,
  rows: number,
): Map<string, GgufValue> {
  const json = tokenizerJson as unknown as TokenizerJson;
  const specific = json.model.type === 'BPE' ? (byteLevel(json) ?? sentencePiece(json, rows)) : undefined;
  if (!specific) return new Map([['tokenizer.ggml.model', { type: 'string', value: 'none' }]]);
  const tokens = tokenList(json, rows);
  const template = defaultTemplate(tokenizerConfig['chat_template']);
  return new Map<string, GgufValue>([
    ...specific,
    ['tokenizer.ggml.tokens', { type: 'strings', value: tokens.map(({ text }) => text) }],
    ['tokenizer.ggml.token_type', { type: 'int32s', value: tokens.map(({ kind }) => kind) }],
    // A chat template writes the beginning token itself.
    ['tokenizer.ggml.add_bos_token', { type: 'bool', value: false }],
    ['tokenizer.ggml.add_eos_token', { type: 'bool', value: false }],
    ...(template === undefined ? [] : [['tokenizer.chat_template', { type: 'string', value: template }] as const]),
  ]);
}

/** One template, or the default of several. */
function defaultTemplate(stored: unknown): string | undefined {
  const named = Array.isArray(stored) ? (stored as { name?: unknown; template?: unknown }[]) : [];
  const template = typeof stored === 'string' ? stored : named.find(({ name }) => name === 'default')?.template;
  return typeof template === 'string' ? template : undefined;
}

function byteLevel(json: TokenizerJson): [string, GgufValue][] | undefined {
  const pattern = wordPattern(json.pre_tokenizer);
  const name = pattern === undefined ? undefined : PRE_TOKENIZERS[pattern];
  // llama.cpp normalises no text. It leaves out Qwen's composition of accents too, which most text has already.
  const isNormalized = stepsOf(json.normalizer, 'normalizers').some(({ type }) => type !== 'NFC');
  if (name === undefined || isNormalized) return undefined;
  const merges = (json.model.merges ?? []).map((merge) => (typeof merge === 'string' ? merge : merge.join(' ')));
  return [
    ['tokenizer.ggml.model', { type: 'string', value: 'gpt2' }],
    ['tokenizer.ggml.pre', { type: 'string', value: name }],
    ['tokenizer.ggml.merges', { type: 'strings', value: merges }],
  ];
}

/** The pattern of a byte-level pre-tokenizer; undefined for one of another kind. */
function wordPattern(preTokenizer: unknown): string | undefined {
  const steps = stepsOf(preTokenizer, 'pretokenizers');
  const bytes = steps.find(({ type }) => type === 'ByteLevel');
  if (!bytes || bytes['add_prefix_space'] === true) return undefined;
  const split = steps.find(({ type }) => type === 'Split');
  if (steps.length === 1 && bytes['use_regex'] !== false) return GPT2_PATTERN;
  const pattern = (split?.['pattern'] as { Regex?: string } | undefined)?.Regex;
  return steps.length === 2 && bytes['use_regex'] === false ? pattern : undefined;
}

/** SentencePiece merges by score; in the order of merges, a piece scores higher the earlier it is made. */
function sentencePiece(json: TokenizerJson, rows: number): [string, GgufValue][] | undefined {
  if (json.model.byte_fallback !== true) return undefined;
  const scores = new Array<number>(rows).fill(0);
  (json.model.merges ?? []).forEach((merge, rank) => {
    const id = json.model.vocab[(typeof merge === 'string' ? merge.split(' ') : merge).join('')];
    if (id !== undefined && scores[id] === 0) scores[id] = -1 - rank;
  });
  return [
    ['tokenizer.ggml.model', { type: 'string', value: 'llama' }],
    ['tokenizer.ggml.pre', { type: 'string', value: 'default' }],
    ['tokenizer.ggml.scores', { type: 'float32s', value: scores }],
    ['tokenizer.ggml.add_space_prefix', { type: 'bool', value: addsSpace(json) }],
  ];
}

function addsSpace({ normalizer, pre_tokenizer: preTokenizer }: TokenizerJson): boolean {
  const prepends = stepsOf(normalizer, 'normalizers').some(({ type }) => type === 'Prepend');
  const scheme = stepsOf(preTokenizer, 'pretokenizers').find(({ type }) => type === 'Metaspace')?.['prepend_scheme'];
  return prepends || scheme === 'first' || scheme === 'always';
}

function stepsOf(component: unknown, list: string): ({ type?: string } & Record<string, unknown>)[] {
  if (typeof component !== 'object' || component === null) return [];
  const inner = (component as Record<string, unknown>)[list];
  return Array.isArray(inner) ? inner : [component as { type?: string } & Record<string, unknown>];
}

function tokenList(json: TokenizerJson, rows: number): { text: string; kind: number }[] {
  const tokens = Array.from({ length: rows }, (_, id) => ({ text: `[PAD${id}]`, kind: KIND.unused }));
  for (const [text, id] of Object.entries(json.model.vocab)) {
    const kind = text === json.model.unk_token ? KIND.unknown : BYTE_TOKEN.test(text) ? KIND.byte : KIND.normal;
    tokens[id] = { text, kind };
  }
  for (const { id, content, special } of json.added_tokens ?? []) {
    if (content === json.model.unk_token || id >= rows) continue;
    tokens[id] = { text: content, kind: special ? KIND.control : KIND.userDefined };
  }
  return tokens;
}
