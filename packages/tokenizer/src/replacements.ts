/**
 * Normalizers and decoders that replace text, in forms that the implementation computes as the Rust library does: it reads a `$` of
 * the new text as a reference to the match, counts other characters as space, drops a space that was never put before a text, and
 * makes small letters of a word where Rust makes them of a letter: only a sigma differs, which has a form for the end of a word.
 */
import { isRecord } from './tokenizer-files.js';

type Component = Readonly<Record<string, unknown>>;

/** @param component `normalizer` or `decoder` of tokenizer.json. */
export function withPortableReplacements(component: unknown): unknown {
  if (!isRecord(component)) return component;
  for (const list of ['normalizers', 'decoders']) {
    const steps = component[list];
    if (Array.isArray(steps)) return { ...component, [list]: steps.map(withPortableReplacements) };
  }
  const { type, content, prepend_scheme: scheme, replacement } = component;
  if (type === 'Replace' && typeof content === 'string') return { ...component, content: literal(content) };
  if (type === 'Strip' && 'strip_left' in component) return strip(component);
  if (type === 'Lowercase' || (type === 'BertNormalizer' && component['lowercase'] === true)) {
    return { type: 'Sequence', normalizers: [SMALL_SIGMA, component] };
  }
  if (type === 'Metaspace' && scheme === 'never') {
    return { type: 'Replace', pattern: { String: replacement ?? '▁' }, content: ' ' };
  }
  return component;
}

const SMALL_SIGMA: Component = { type: 'Replace', pattern: { String: 'Σ' }, content: 'σ' };

const literal = (text: string): string => text.replaceAll('$', '$$$$');

/** Of a normalizer; a decoder of the same name counts characters. */
function strip({ strip_left: left, strip_right: right }: Component): Component {
  const without = (source: string): Component => ({ type: 'Replace', pattern: { Regex: source }, content: '' });
  const steps = [
    ...(left === true ? [without('\\A\\p{White_Space}+')] : []),
    ...(right === true ? [without('\\p{White_Space}+\\z')] : []),
  ];
  return { type: 'Sequence', normalizers: steps };
}
