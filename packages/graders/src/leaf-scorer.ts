/** Turns one checked leaf grader into its scorer; the only mistakes left to find are inside its templates. */
import type { LeafGrader, PhonemeErrorRateGrader, Problem, StringCheckGrader } from '@preheat/contracts';
import type { Scorer } from './compiled-grader.js';
import type { GradingContext } from './grading-context.js';
import { flagged, type Outcome, success } from './outcome.js';
import { lookUp, type PlaceholderPath } from './placeholder-path.js';
import { SIMILARITIES } from './text-similarity.js';
import { parseTemplate, placeholdersOf, renderTemplate, type TextTemplate } from './text-template.js';
import { MAX_SYMBOLS, tokenAccuracy } from './token-error-rate.js';
import { wordsOf } from './ngram-counts.js';

export const MAX_REFERENCES = 64;

/** The scorer, or problems whose paths are relative to the grader. */
export function leafScorer(grader: LeafGrader): { scorer: Scorer } | { problems: Problem[] } {
  if (grader.type === 'phoneme_error_rate') return phonemeErrorRate(grader);
  const compare =
    grader.type === 'string_check' ? STRING_CHECKS[grader.operation] : SIMILARITIES[grader.evaluation_metric];
  return comparison(grader, compare);
}

const STRING_CHECKS: Readonly<Record<StringCheckGrader['operation'], (input: string, reference: string) => number>> = {
  eq: (input, reference) => Number(input === reference),
  ne: (input, reference) => Number(input !== reference),
  neq: (input, reference) => Number(input !== reference),
  like: (input, reference) => Number(input.includes(reference)),
  ilike: (input, reference) => Number(input.toLowerCase().includes(reference.toLowerCase())),
};

function comparison(
  texts: { readonly input: string; readonly reference: string },
  compare: (input: string, reference: string) => number,
): { scorer: Scorer } | { problems: Problem[] } {
  const [input, reference] = [parseTemplate(texts.input), parseTemplate(texts.reference)];
  if (!input.ok || !reference.ok) {
    return { problems: [...problemsOf('input', input), ...problemsOf('reference', reference)] };
  }
  const itemPaths = [...itemPathsOf(input.value), ...itemPathsOf(reference.value)];
  const scorer: Scorer = {
    itemPaths,
    checkItem: (item) => firstMissing(itemPaths, item),
    score(context) {
      const left = renderTemplate(input.value, context);
      if (!left.ok) return left;
      const right = renderTemplate(reference.value, context);
      return right.ok ? success(compare(left.value, right.value)) : right;
    },
  };
  return { scorer };
}

function phonemeErrorRate(grader: PhonemeErrorRateGrader): { scorer: Scorer } | { problems: Problem[] } {
  const [input, references] = [parseTemplate(grader.input), parseTemplate(grader.references)];
  if (!input.ok || !references.ok) {
    return { problems: [...problemsOf('input', input), ...problemsOf('references', references)] };
  }
  const [path, ...more] = references.value.parts;
  if (path === undefined || typeof path === 'string' || more.length > 0 || path.namespace !== 'item') {
    const message = 'must be exactly one placeholder that names an item key, such as {{ item.references }}';
    return { problems: [{ path: 'references', message }] };
  }
  const itemPaths = [...itemPathsOf(input.value), path];
  const scorer: Scorer = {
    itemPaths,
    checkItem: (item) => firstMissing(itemPaths, item) ?? messageOf(referencesAt(path, contextOf(item))),
    score(context) {
      const text = renderTemplate(input.value, context);
      if (!text.ok) return text;
      const known = referencesAt(path, context);
      if (!known.ok) return known;
      if (!isCountable(text.value)) return flagged('truncated_observation_error', TOO_MANY_SYMBOLS);
      return success(tokenAccuracy(text.value, known.value));
    },
  };
  return { scorer };
}

const TOO_MANY_SYMBOLS = `More than ${MAX_SYMBOLS} symbols are too many to grade.`;

/** One string stands for an array of one. */
function referencesAt(path: PlaceholderPath, context: GradingContext): Outcome<string[]> {
  const found = lookUp(path, context);
  if (!found.ok) return found;
  const list = typeof found.value === 'string' ? [found.value] : found.value;
  const isUsable = Array.isArray(list) && list.length > 0 && list.length <= MAX_REFERENCES;
  if (isUsable && list.every((entry) => typeof entry === 'string' && isCountable(entry)))
    return success(list as string[]);
  const message = `{{ ${path.source} }} must be 1 to ${MAX_REFERENCES} strings of at most ${MAX_SYMBOLS} symbols each.`;
  return flagged('invalid_variable_error', message);
}

/** A text of at most 2·MAX_SYMBOLS − 1 characters cannot hold more symbols, so that nearly none is split twice. */
function isCountable(text: string): boolean {
  return text.length < 2 * MAX_SYMBOLS || wordsOf(text).length <= MAX_SYMBOLS;
}

function itemPathsOf(template: TextTemplate): PlaceholderPath[] {
  return placeholdersOf(template).filter((path) => path.namespace === 'item');
}

function firstMissing(paths: readonly PlaceholderPath[], item: Readonly<Record<string, unknown>>): string | null {
  const context = contextOf(item);
  return paths.map((path) => messageOf(lookUp(path, context))).find((message) => message !== null) ?? null;
}

function contextOf(item: Readonly<Record<string, unknown>>): GradingContext {
  return { sample: { output_text: '' }, item };
}

function messageOf(outcome: Outcome<unknown>): string | null {
  return outcome.ok ? null : outcome.message;
}

function problemsOf(path: string, parsed: ReturnType<typeof parseTemplate>): Problem[] {
  return parsed.ok ? [] : [{ path, message: parsed.message }];
}
