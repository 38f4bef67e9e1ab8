/** What the grader says of answers, and what is trained on then; a grader that fails says nothing. */
import type { GradeResult, GradingContext } from '@preheat/graders';
import { characterTokenizer, loadTokenizer, PRINTABLE_ASCII } from '@preheat/tokenizer';
import { describe, expect, it } from 'vitest';
import type { RecipeContext, RolloutSample, TrainingRow } from '../recipe.js';
import { GraderDownError } from '../training/grader-down-error.js';
import { collectAnswers } from './collect-answers.js';
import type { S3ftConfig } from './config.js';
import { selectedRows } from './recipe.js';

const TEMPLATE = [
  '{%- for tool in tools or [] -%}{{ tool | tojson }}{%- endfor -%}',
  '{%- for message in messages -%}{{ message.content }}',
  '{%- for call in message.tool_calls or [] -%}',
  `{{ '<tool_call>\\n{"name": "' + call.function.name + '", "arguments": ' }}{{ call.function.arguments | tojson }}{{ '}\\n</tool_call>' }}`,
  '{%- endfor -%}{%- endfor -%}',
].join('');
const { tokenizerJson, tokenizerConfig } = characterTokenizer(PRINTABLE_ASCII);
const tokenizer = loadTokenizer({ tokenizerJson, tokenizerConfig: { ...tokenizerConfig, chat_template: TEMPLATE } });
const CALL = '<tool_call>\n{"name": "weather", "arguments": {"place":"sea"}}\n</tool_call>';

type Verdict = 'right' | 'wrong' | 'down' | 'raised';
const NO_ERRORS = { sample_parse_error: false, unresponsive_reward_error: false, invalid_variable_error: false };

function gradeOf(verdict: Verdict): GradeResult {
  const [isDown, isFlagged] = [verdict === 'down', verdict === 'down' || verdict === 'raised'];
  const errors = { ...NO_ERRORS, unresponsive_reward_error: isDown, python_grader_runtime_error: verdict === 'raised' };
  const errorMessages = isFlagged ? [`it is ${verdict}`] : [];
  return { reward: verdict === 'right' ? 1 : 0, isFlagged, errors, errorMessages } as unknown as GradeResult;
}

interface Answer {
  readonly text: string;
  readonly verdict: Verdict;
  readonly isCut?: boolean;
}

/** A phase over rows whose greedy answers, and whose two samples each, are given by their prompt. */
function phase(
  rows: readonly Partial<TrainingRow>[],
  greedy: (row: number) => Answer,
  sampled: (row: number, sample: number) => Answer = () => ({ text: 's', verdict: 'wrong' }),
  config: Partial<S3ftConfig> = {},
) {
  const graded: GradingContext[] = [];
  let verdicts: Verdict[] = [];
  const ctx = {
    config: {
      ...{ paraphrase_samples: 2, fallback: 'gold', temperature: 1, max_completion_tokens: 99 },
      ...{ max_sequence_length: 200, ...config },
    },
    seed: 3,
    tokenizer,
    modelConfig: { eos_token_id: 1 },
    initialWeights: new Map(),
    trainingRows: rows.map((row, i) => ({
      messages: [{ role: 'user', content: String(i) }],
      answer: `gold ${i}`,
      ...row,
    })),
    rollouts: {
      updateWeights: async () => undefined,
      generate: async (
        prompts: readonly { tokens: Int32Array; rowKey: number }[],
        options: { temperature: number },
      ) => {
        const answers = prompts.map(({ tokens, rowKey }) => {
          const row = Number(tokenizer.decode(tokens, { skipSpecialTokens: true }));
          return options.temperature === 0 ? greedy(row) : sampled(row, rowKey % 2);
        });
        verdicts = answers.map(({ verdict }) => verdict);
        return answers.map(
          ({ text, isCut }): RolloutSample => ({
            tokens: tokenizer.encode(text),
            logProbs: new Float32Array(),
            finishReason: isCut ? 'length' : 'stop',
            policyVersion: 0,
          }),
        );
      },
    },
    grader: {
      gradeAll: async (samples: readonly GradingContext[]) => {
        graded.push(...samples);
        return verdicts.map(gradeOf);
      },
    },
    signal: new AbortController().signal,
  } as unknown as RecipeContext<S3ftConfig>;
  return { ctx, graded };
}

const always = (verdict: Verdict) => () => ({ text: 'own', verdict });
const selectedOf = (...given: Parameters<typeof phase>) => collectAnswers(phase(...given).ctx);

describe('answers that the grader failed to grade', () => {
  it('are not wrong: samples of the row are tried', async () => {
    const samples = (_: number, sample: number): Answer => ({ text: `s${sample}`, verdict: sample ? 'right' : 'down' });
    const greedy = (row: number): Answer => ({ text: 'own', verdict: row === 0 ? 'down' : 'right' });
    expect(await selectedOf([{}, {}], greedy, samples)).toEqual([
      { text: 's1', source: 'paraphrase' },
      { text: 'own', source: 'own' },
    ]);
  });

  it.each(['gold', 'drop'] as const)(
    'leave their row out where nothing is known of it, with fallback %s',
    async (fallback) => {
      const greedy = (row: number): Answer => ({
        text: 'own',
        verdict: (['raised', 'right', 'wrong'] as const)[row] ?? 'wrong',
      });
      const samples = (row: number): Answer => ({ text: 's', verdict: row === 0 ? 'raised' : 'wrong' });
      const selected = await selectedOf([{}, {}, {}], greedy, samples, { fallback });
      expect(selected.map(({ source }) => source)).toEqual([
        'ungraded',
        'own',
        fallback === 'gold' ? 'gold' : 'dropped',
      ]);
      expect(selected[0]?.text).toBeNull();
    },
  );

  it.each(['gold', 'drop'] as const)(
    'fail the attempt where the grader is down, with fallback %s',
    async (fallback) => {
      const collecting = selectedOf([{}, {}], always('down'), always('down'), { fallback });
      await expect(collecting).rejects.toThrow(GraderDownError);
      await expect(collecting).rejects.toThrow('it is down');
    },
  );

  it.each([1, 257])(
    'of a single row of %i leave it out, though its calls of the grader were all down',
    async (count) => {
      // A row that hangs the grader is graded by itself when samples are tried, and in the last part of a file.
      const verdict = (row: number): Verdict => (row === count - 1 ? 'down' : 'right');
      const rows = Array.from({ length: count }, () => ({}));
      const collecting = selectedOf(
        rows,
        (row) => ({ text: 'own', verdict: verdict(row) }),
        (row) => ({ text: 's', verdict: verdict(row) }),
      );
      if (count === 1) return expect(collecting).rejects.toThrow(GraderDownError);
      const selected = await collecting;
      expect(selected.slice(0, -1).every(({ source }) => source === 'own')).toBe(true);
      expect(selected.at(-1)).toEqual({ text: null, source: 'ungraded' });
    },
  );

  it('are no judgement where they were cut as well', async () => {
    const cut = (row: number): Answer => ({ text: 'own', verdict: row === 0 ? 'raised' : 'right', isCut: row === 0 });
    const selected = await selectedOf([{}, {}], cut, (row) => cut(row), { fallback: 'gold' });
    expect(selected[0]).toEqual({ text: null, source: 'ungraded', isCut: true });
  });

  it('fail the attempt where no row is left that it could grade', async () => {
    await expect(selectedOf([{}, {}], always('raised'), always('raised'))).rejects.toThrow(
      'The grader graded none of the completions. The first failure: it is raised',
    );
    const mixed = (row: number): Answer => ({ text: 'own', verdict: row === 0 ? 'raised' : 'wrong' });
    const collecting = selectedOf([{}, {}, {}], mixed, mixed, { fallback: 'drop' });
    await expect(collecting).rejects.toThrow(GraderDownError);
    await expect(collecting).rejects.toThrow('no answer to 1 of 3 rows');
  });
});

it('never selects an answer that was cut by its length, whatever its grade', async () => {
  const cut = (): Answer => ({ text: 'own', verdict: 'right', isCut: true });
  const samples = (row: number, sample: number): Answer => ({
    text: `s${sample}`,
    verdict: 'right',
    isCut: row === 1 || sample === 0,
  });
  expect(await selectedOf([{}, {}], cut, samples)).toEqual([
    { text: 's1', source: 'paraphrase', isCut: true },
    { text: 'gold 1', source: 'gold', isCut: true },
  ]);
});

it('says why no row is left to train on', async () => {
  const cut = (): Answer => ({ text: 'own', verdict: 'right', isCut: true });
  await expect(selectedOf([{}, {}], cut, cut, { fallback: 'drop' })).rejects.toThrow(
    's3ft: no answer to any of the 2 rows is right, and "fallback": "drop" leaves all of them out; 2 greedy answers were cut by max_completion_tokens',
  );
});

it('shows the grader the calls of an answer, and teaches them', async () => {
  const tools = [{ type: 'function' as const, function: { name: 'weather' } }];
  const { ctx, graded } = phase([{ tools }], () => ({ text: CALL, verdict: 'right' }));
  const selected = await collectAnswers(ctx);
  expect(graded[0]?.sample.output_tools).toMatchObject([
    { function: { name: 'weather', arguments: '{"place":"sea"}' } },
  ]);
  expect(selected).toEqual([{ text: '', calls: [{ name: 'weather', arguments: '{"place":"sea"}' }], source: 'own' }]);
  expect(selectedRows(ctx.trainingRows, selected)[0]?.messages.at(-1)).toMatchObject({
    role: 'assistant',
    content: null,
    tool_calls: [{ type: 'function', function: { name: 'weather', arguments: '{"place":"sea"}' } }],
  });
});

it('names the row that has no given answer, before anything is sampled', async () => {
  const { ctx, graded } = phase([{}, { answer: 7 }], always('right'));
  await expect(collectAnswers(ctx)).rejects.toThrow('row 2 needs the given answer as a string under "answer"');
  expect(graded).toEqual([]);
});
