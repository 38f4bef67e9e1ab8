/** Hyperparameter of recipes that sample from their policy: answers that are drawn, and trained, in segments. */
import type { Problem } from '@preheat/contracts';
import Type, { type Static } from 'typebox';

const AnswerSegment = Type.Object(
  {
    until: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
    max_tokens: Type.Optional(Type.Integer({ minimum: 1, maximum: 100_000 })),
    force: Type.Optional(Type.Boolean()),
    temperature: Type.Optional(Type.Number({ minimum: 0.05, maximum: 2 })),
    top_p: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 1 })),
    trained: Type.Optional(Type.Boolean()),
    forks: Type.Optional(Type.Integer({ minimum: 2, maximum: 256 })),
  },
  { additionalProperties: false },
);
/** A part of a sampled answer, up to the text `until` or for `max_tokens`, whichever comes first; forced to the text in the end with `force`. */
export type AnswerSegment = Static<typeof AnswerSegment>;

export const answerSegments = Type.Array(AnswerSegment, {
  maxItems: 8,
  default: [],
  description:
    'Segments that a sampled completion goes through in order, such as thinking and answer. Each ends with the text `until` or after `max_tokens`, and the last one ends the completion there; with `force` the text is put behind `max_tokens` that came without it. It is drawn at a `temperature` and `top_p` of its own, and learned from unless `trained` is false. With `forks`, so many completions go on from where the segment ends and are compared with each other. Answers to validation rows are left alone. Empty: one segment.',
});

/** Completions that go on from one beginning; 1 where none is forked. */
export const forksOf = (segments: readonly AnswerSegment[]): number =>
  segments.reduce((most, { forks = 1 }) => Math.max(most, forks), 1);

/** Whether anything is learned of what forks share, where there are forks. */
export const trainsBeginnings = (segments: readonly AnswerSegment[]): boolean =>
  segments.slice(0, 1 + segments.findIndex(({ forks = 1 }) => forks > 1)).some(({ trained = true }) => trained);

interface Segmented {
  readonly answer_segments: readonly AnswerSegment[];
  readonly max_completion_tokens: number;
}

export function segmentProblems({ answer_segments: segments, max_completion_tokens: most }: Segmented): Problem[] {
  if (segments.length === 0) return [];
  const at = (index: number, key = '') => `answer_segments.${index}${key}`;
  const before = segments.slice(0, -1);
  const endless = before.flatMap(({ until, max_tokens: limit }, index) => {
    const message = 'never ends, and segments follow it: give it until or max_tokens';
    return until === undefined && limit === undefined ? [{ path: at(index), message }] : [];
  });
  const baseless = segments.flatMap(({ until, max_tokens: limit, force = false }, index) => {
    const message =
      'puts the text until behind max_tokens that came without it: give the segment both, or leave force out';
    return force && (until === undefined || limit === undefined) ? [{ path: at(index, '.force'), message }] : [];
  });
  const isFixed = ({ until, force = false }: AnswerSegment, index: number) =>
    force || (until === undefined && index < before.length);
  const fixed = segments.filter(isFixed).reduce((sum, { max_tokens: limit = 0 }) => sum + limit, 0);
  const room = `must leave room within max_completion_tokens (${most}) for what follows the segments that have all of their max_tokens, always or before they are forced to end (${fixed} together)`;
  const idle = 'trains nothing: leave trained out of a segment that is to be learned from';
  return [
    ...endless,
    ...baseless,
    ...(fixed < most ? [] : [{ path: 'answer_segments', message: room }]),
    ...(segments.some(({ trained = true }) => trained) ? [] : [{ path: 'answer_segments', message: idle }]),
  ];
}

/** For recipes that compare the completions of a prompt in groups. */
export function forkProblems(segments: readonly AnswerSegment[], groupSize: number): Problem[] {
  const forked = segments.flatMap(({ forks }, index) => (forks === undefined ? [] : [{ forks, index }]));
  const [first, second] = forked;
  if (!first) return [];
  const problem = ({ index }: { index: number }, message: string) => [
    { path: `answer_segments.${index}.forks`, message },
  ];
  if (second) return problem(second, 'is the second: a completion forks once, so only one segment may have it');
  if (first.index === segments.length - 1)
    return problem(first, 'stands on the last segment, and nothing follows it: name the segment before');
  const share = `must divide group_size (${groupSize}), which counts all completions of a prompt`;
  return groupSize % first.forks === 0 ? [] : problem(first, share);
}

/** For recipes that form no groups. */
export function refusedForks(segments: readonly AnswerSegment[], recipe: string): Problem[] {
  const index = segments.findIndex(({ forks }) => forks !== undefined);
  const message = `is for recipes that compare completions in groups, such as grpo; ${recipe} judges each by itself: leave it out`;
  return index < 0 ? [] : [{ path: `answer_segments.${index}.forks`, message }];
}
