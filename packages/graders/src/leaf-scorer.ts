/** Turns one checked leaf grader into its scorer; the only mistakes left to find are inside its templates. */
import type { LeafGrader, StringCheckGrader, TextSimilarityGrader } from '@preheat/contracts';
import type { Scorer } from './compiled-grader.js';
import type { ScoreCall } from './grader-services.js';
import { httpScorer } from './http-scorer.js';
import { labelModelScorer, scoreModelScorer } from './model-scorer.js';
import { flagged, type Outcome, success } from './outcome.js';
import { phonemeScorer } from './phoneme-scorer.js';
import { pythonScorer } from './python-scorer.js';
import { firstMissing, itemPathsOf, problemsOf, type ScorerOrProblems } from './scorer-items.js';
import { taskScorer } from './task-scorer.js';
import { SIMILARITIES } from './text-similarity.js';
import { parseTemplate, renderTemplate } from './text-template.js';

export function leafScorer(grader: LeafGrader): ScorerOrProblems {
  switch (grader.type) {
    case 'string_check':
      return comparison(grader, STRING_CHECKS[grader.operation]);
    case 'text_similarity':
      return similarity(grader);
    case 'phoneme_error_rate':
      return phonemeScorer(grader);
    case 'task':
      return taskScorer(grader);
    case 'python':
      return pythonScorer(grader);
    case 'score_model':
      return scoreModelScorer(grader);
    case 'label_model':
      return labelModelScorer(grader);
    case 'http':
      return httpScorer(grader);
  }
}

type Compare = (input: string, reference: string, call: ScoreCall) => ReturnType<Scorer['score']>;

const pure =
  (compare: (input: string, reference: string) => number | Promise<number>): Compare =>
  async (input, reference) =>
    success(await compare(input, reference));

const STRING_CHECKS: Readonly<Record<StringCheckGrader['operation'], Compare>> = {
  eq: pure((input, reference) => Number(input === reference)),
  ne: pure((input, reference) => Number(input !== reference)),
  neq: pure((input, reference) => Number(input !== reference)),
  like: pure((input, reference) => Number(input.includes(reference))),
  ilike: pure((input, reference) => Number(input.toLowerCase().includes(reference.toLowerCase()))),
};

/** Of one call of the embedding endpoint. */
const EMBEDDING_LIMITS = { timeoutMs: 30_000, maxAttempts: 3 };

function similarity(grader: TextSimilarityGrader): ScorerOrProblems {
  if (grader.evaluation_metric !== 'cosine') return comparison(grader, pure(SIMILARITIES[grader.evaluation_metric]));
  return comparison(grader, cosine, {
    limits: EMBEDDING_LIMITS,
    prove: (services) => {
      const message = 'cosine compares embeddings, and this platform has no embedding endpoint (docs/graders.md)';
      return Promise.resolve(services.embedder ? [] : [{ path: 'evaluation_metric', message }]);
    },
  });
}

async function cosine(input: string, reference: string, { services, signal }: ScoreCall): Promise<Outcome<number>> {
  if (!services.embedder) return flagged('other_error', 'This process has no embedding endpoint.');
  const vectors = await services.embedder.embed([input, reference], signal);
  if (!vectors.ok) return vectors;
  const [a = [], b = []] = vectors.value;
  const dot = (x: readonly number[], y: readonly number[]) => x.reduce((sum, value, i) => sum + value * (y[i] ?? 0), 0);
  const norms = Math.sqrt(dot(a, a) * dot(b, b));
  return norms === 0 ? flagged('other_error', 'The embedding of a text is zero.') : success(dot(a, b) / norms);
}

function comparison(
  texts: { readonly input: string; readonly reference: string },
  compare: Compare,
  more: Pick<Scorer, 'limits' | 'prove'> = {},
): ScorerOrProblems {
  const [input, reference] = [parseTemplate(texts.input), parseTemplate(texts.reference)];
  if (!input.ok || !reference.ok) {
    return { problems: [...problemsOf('input', input), ...problemsOf('reference', reference)] };
  }
  const itemPaths = [...itemPathsOf(input.value), ...itemPathsOf(reference.value)];
  const scorer: Scorer = {
    ...more,
    itemPaths,
    checkItem: (item) => firstMissing(itemPaths, item),
    score(context, call) {
      const left = renderTemplate(input.value, context);
      if (!left.ok) return left;
      const right = renderTemplate(reference.value, context);
      return right.ok ? compare(left.value, right.value, call) : right;
    },
  };
  return { scorer };
}
