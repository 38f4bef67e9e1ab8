/**
 * METEOR (Lavie & Agarwal 2007) as NLTK's `single_meteor_score` computes it by default, on words split at white space:
 * words are matched first as they are, then by stem, then by a synonym of the stem; α = 0.9, β = 3, γ = 0.5.
 */
import { wordsOf } from './ngram-counts.js';
import { porterStem } from './porter-stemmer.js';
import { openWordNet } from './wordnet.js';

const [ALPHA, BETA, GAMMA] = [0.9, 3, 0.5];

/** What is not matched yet, by position in its text. */
type Unmatched = Map<number, string>;
type Match = readonly [candidate: number, reference: number];

/** In [0, 1); 0 when nothing matches. Equal texts score below 1, since even one chunk is penalised. */
export async function meteor(candidate: string, reference: string): Promise<number> {
  const wordNet = await openWordNet();
  const [found, expected] = [wordsOf(candidate.toLowerCase()), wordsOf(reference.toLowerCase())];
  const [hypothesis, target]: [Unmatched, Unmatched] = [new Map(found.entries()), new Map(expected.entries())];
  const matches = takeMatches(hypothesis, target, (word) => [word]);
  for (const side of [hypothesis, target]) {
    for (const [position, word] of side) side.set(position, porterStem(word));
  }
  matches.push(...takeMatches(hypothesis, target, (stem) => [stem]));
  // NLTK looks up what the step before left: stems, not words.
  matches.push(...takeMatches(hypothesis, target, (stem) => [stem, ...wordNet.synonymsOf(stem)]));
  matches.sort(([a], [b]) => a - b);
  return scoreOf(matches, found.length, expected.length);
}

/** Removes and returns matches: from the end, each word with the last free word that has one of its forms. */
function takeMatches(hypothesis: Unmatched, target: Unmatched, formsOf: (word: string) => Iterable<string>): Match[] {
  const free = new Map<string, number[]>();
  for (const [position, word] of target) {
    const positions = free.get(word);
    if (positions) positions.push(position);
    else free.set(word, [position]);
  }
  const matches: Match[] = [];
  for (const [position, word] of [...hypothesis].reverse()) {
    const best = Math.max(-1, ...[...formsOf(word)].map((form) => free.get(form)?.at(-1) ?? -1));
    if (best < 0) continue;
    free.get(target.get(best) ?? '')?.pop();
    hypothesis.delete(position);
    target.delete(best);
    matches.push([position, best]);
  }
  return matches;
}

function scoreOf(matches: readonly Match[], candidateWords: number, referenceWords: number): number {
  if (matches.length === 0) return 0;
  const [precision, recall] = [matches.length / candidateWords, matches.length / referenceWords];
  const mean = (precision * recall) / (ALPHA * precision + (1 - ALPHA) * recall);
  const chunks = matches.filter(([candidate, reference], i) => {
    const before = matches[i - 1];
    return before === undefined || candidate !== before[0] + 1 || reference !== before[1] + 1;
  }).length;
  return (1 - GAMMA * (chunks / matches.length) ** BETA) * mean;
}
