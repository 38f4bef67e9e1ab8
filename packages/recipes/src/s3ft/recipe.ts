/** Selective self-to-supervised fine-tuning (README.md): collect answers once, then one supervised run on those selected. */
import type { TrainingRow } from '../recipe.js';
import { staged } from '../training/staged.js';
import { collectAnswers, goldOf } from './collect-answers.js';
import { type S3ftConfig, s3ftEntry } from './config.js';
import type { AnswerSource, SelectedAnswer } from './select-answers.js';

export const s3ft = staged<S3ftConfig, SelectedAnswer[]>({
  entry: s3ftEntry,
  collect: collectAnswers,
  stages: ({ trainingRows }, selected) => [
    trainingRows.flatMap((row, i) => {
      const text = selected[i]?.text ?? null;
      return text === null ? [] : [demonstration(row, text)];
    }),
  ],
  validation: (rows) => rows.map((row, i) => demonstration(row, goldOf(row, i))),
  metrics: (_, selected) => ({
    own_fraction: share(selected, 'own'),
    paraphrase_fraction: share(selected, 'paraphrase'),
    gold_fraction: share(selected, 'gold'),
    dropped_fraction: share(selected, 'dropped'),
  }),
});

const demonstration = ({ messages, tools = null }: TrainingRow, content: string): TrainingRow => ({
  messages: [...messages, { role: 'assistant', content }],
  tools,
});

const share = (selected: readonly SelectedAnswer[], source: AnswerSource): number =>
  selected.filter((answer) => answer.source === source).length / Math.max(1, selected.length);
