/**
 * How text is cut before the model, in the two forms that the implementation computes as the Rust library does: a pattern whose
 * matches and what is between them are pieces, and one whose matches alone are. It would take every other way for one of these, or
 * for one of ASCII alone, and give other ids without a word.
 */
import { isRecord } from './tokenizer-files.js';

type Component = Readonly<Record<string, unknown>>;

/** @param component `pre_tokenizer` of tokenizer.json. @throws Error for a way of cutting that is not known. */
export function withPortableSplits(component: unknown): unknown {
  if (!isRecord(component)) return component;
  switch (component['type']) {
    case 'Sequence':
      return sequence((component['pretokenizers'] as readonly unknown[]).map(withPortableSplits));
    case 'Split':
      return split(sourceOf(component['pattern']), component['behavior'], component['invert'] === true);
    case 'Whitespace':
      return piecesOf(`[${WORD}]+|[^${WORD}\\p{White_Space}]+`);
    case 'WhitespaceSplit':
      return piecesOf('\\P{White_Space}+');
    case 'FixedLength':
      return piecesOf(`${ANY}{1,${Number(component['length'])}}`);
    case 'Digits':
      return split(component['individual_digits'] === true ? '\\p{N}' : '\\p{N}+', 'Isolated');
    case 'Punctuation':
      return split(PUNCTUATION, component['behavior'] ?? 'Isolated');
    case 'Metaspace':
      return metaspace(component);
    default:
      return component;
  }
}

/** `\w` of Rust's regular expressions. */
const WORD = '\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\u200C\\u200D';
const PUNCTUATION = '[\\p{P}\\x21-\\x2F\\x3A-\\x40\\x5B-\\x60\\x7B-\\x7E]';
const ANY = '[\\s\\S]';

const sequence = (pretokenizers: readonly unknown[]): Component => ({ type: 'Sequence', pretokenizers });

/** The matches, and nothing else. */
const piecesOf = (source: string): Component => ({
  ...{ type: 'Split', pattern: { Regex: source } },
  ...{ behavior: 'Removed', invert: true },
});

/** @param isInverted What is between the matches counts as matched, and the matches as what is between. */
function split(source: string, behavior: unknown, isInverted = false): Component {
  const match = `(?:${withoutCaptures(source)})`;
  const between = `(?:(?!${match})${ANY})+`;
  const [first, second] = isInverted
    ? ['MergedWithNext', 'MergedWithPrevious']
    : ['MergedWithPrevious', 'MergedWithNext'];
  switch (behavior) {
    case 'Removed':
      return { type: 'Split', pattern: { Regex: match }, behavior, invert: isInverted };
    case 'Isolated':
      return { type: 'Split', pattern: { Regex: match }, behavior, invert: false };
    case 'Contiguous':
      return piecesOf(`${match}+|${between}`);
    case first:
      return piecesOf(`${between}${match}?|${match}`);
    case second:
      return piecesOf(`${match}(?:${between})?|${between}`);
    default:
      throw new Error(`Unknown behavior of a split: ${JSON.stringify(behavior)}`);
  }
}

/** A pattern as the source of a regular expression. */
function sourceOf(pattern: unknown): string {
  const { Regex: regex, String: text } = isRecord(pattern) ? pattern : {};
  if (typeof regex === 'string') return regex;
  if (typeof text === 'string') return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  throw new Error(`Unknown pattern of a split: ${JSON.stringify(pattern)}`);
}

/** Splitting would give what a group captured as pieces of their own. */
const withoutCaptures = (source: string): string =>
  source.replace(/\\[\s\S]|\[(?:\\[\s\S]|[^\]\\])*\]|\((?!\?)/g, (part) => (part === '(' ? '(?:' : part));

/** Words begin at every space letter unless `split` is off, as it is in the tokenizers of Llama and Mistral. */
function metaspace(component: Component): Component {
  const scheme = component['prepend_scheme'] ?? (component['add_prefix_space'] === false ? 'never' : 'always');
  const letter = typeof component['replacement'] === 'string' ? component['replacement'] : '▁';
  const placed = { ...component, prepend_scheme: scheme };
  if (component['split'] === false) return placed;
  return sequence([placed, split(sourceOf({ String: letter }), 'MergedWithNext')]);
}
