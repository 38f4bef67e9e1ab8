/** Selective self-to-supervised fine-tuning (README.md): collect answers once, then one supervised run on those selected. */
import type { TrainingRow } from '../recipe.js';
import { staged } from '../training/staged.js';
import { collectAnswers, goldOf, ungradedCount } from './collect-answers.js';
import { type S3ftConfig, s3ftEntry } from './config.js';
import type { AnswerSource, Call, SelectedAnswer } from './select-answers.js';

export const s3ft = staged<S3ftConfig, SelectedAnswer[]>({
  entry: s3ftEntry,
  collect: collectAnswers,
  stages: ({ trainingRows }, selected) => [selectedRows(trainingRows, selected)],
  validation: (rows) => rows.map((row, i) => demonstration(row, goldOf(row, i))),
  metrics: (_, selected) => ({
    own_fraction: share(selected, 'own'),
    paraphrase_fraction: share(selected, 'paraphrase'),
    gold_fraction: share(selected, 'gold'),
    dropped_fraction: share(selected, 'dropped'),
    ungraded_fraction: share(selected, 'ungraded'),
    cut_fraction: selected.filter(({ isCut }) => isCut).length / Math.max(1, selected.length),
  }),
  warnings: (selected) => {
    const count = ungradedCount(selected);
    if (count === 0) return [];
    return [`${count} of ${selected.length} rows are left out: the grader failed for every answer to them.`];
  },
});

/** The rows that have an answer, each with it as the assistant's last turn. */
export const selectedRows = (rows: readonly TrainingRow[], selected: readonly SelectedAnswer[]): TrainingRow[] =>
  rows.flatMap((row, i) => {
    const { text = null, calls = [] } = selected[i] ?? {};
    return text === null ? [] : [demonstration(row, text, calls)];
  });

function demonstration({ messages, tools = null }: TrainingRow, text: string, calls: readonly Call[] = []) {
  const tool_calls = calls.map((call, i) => ({ id: `call_${i}`, type: 'function' as const, function: { ...call } }));
  const isCall = calls.length > 0;
  const content = isCall && text === '' ? null : text;
  const answer = { role: 'assistant' as const, content, ...(isCall ? { tool_calls } : {}) };
  return { messages: [...messages, answer], tools };
}

const share = (selected: readonly SelectedAnswer[], source: AnswerSource): number =>
  selected.filter((answer) => answer.source === source).length / Math.max(1, selected.length);
