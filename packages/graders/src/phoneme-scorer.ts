/** The phoneme error rate against the references of a row. */
import type { PhonemeErrorRateGrader } from '@preheat/contracts';
import type { Scorer } from './compiled-grader.js';
import type { GradingContext } from './grading-context.js';
import { wordsOf } from './ngram-counts.js';
import { flagged, type Outcome, success } from './outcome.js';
import { lookUp, type PlaceholderPath } from './placeholder-path.js';
import {
  contextOf,
  firstMissing,
  itemPathsOf,
  messageOf,
  problemsOf,
  type ScorerOrProblems,
  soleItemPath,
} from './scorer-items.js';
import { parseTemplate, renderTemplate } from './text-template.js';
import { MAX_SYMBOLS, tokenAccuracy } from './token-error-rate.js';

const MAX_REFERENCES = 64;

export function phonemeScorer(grader: PhonemeErrorRateGrader): ScorerOrProblems {
  const input = parseTemplate(grader.input);
  const references = soleItemPath(grader.references, '{{ item.references }}');
  if (!input.ok || !references.ok) {
    return { problems: [...problemsOf('input', input), ...problemsOf('references', references)] };
  }
  const path = references.value;
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
