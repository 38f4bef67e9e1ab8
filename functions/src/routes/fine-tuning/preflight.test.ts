import type { FineTuningJob, PreflightReport } from '@preheat/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SAMPLING_BYTES, SAMPLING_MS, sampleCompletions } from '../../fine-tuning/rewards/sample-completions.js';
import {
  chat,
  preflightUnderTest,
  type PreflightUnderTest,
  reinforcement,
  SIMILARITY,
  supervised,
  TINY_MODEL,
} from '../../test-kit/preflight-under-test.js';
import { GRADER, RL_ROWS, SFT_ROWS } from '../../test-kit/rows.js';

/** No answer of the fresh model is right. */
const EXACT = {
  type: 'string_check',
  name: 'exact',
  input: '{{ sample.output_text }}',
  reference: 'never written',
  operation: 'eq',
};

let at: PreflightUnderTest;
beforeEach(async () => {
  at = await preflightUnderTest();
});
afterEach(() => at.api.app.close());

describe('the preflight of a supervised job', () => {
  it('counts the tokens of every row, and names the longest', async () => {
    const rows = [...SFT_ROWS, chat('elephants', 'EH L AH F AH N T S')];
    const { phases, ready, errors } = await at.report({ training_file: await at.upload(rows) });
    const { training } = phases[0] as PreflightReport['phases'][number];
    const { tokenizer } = await at.api.deps.models.describe(
      (await at.api.deps.models.find('proj-one', TINY_MODEL)) as never,
    );
    const lengths = rows
      .map(({ messages }) => tokenizer.encodeChat(messages as never).tokens.length)
      .sort((a, b) => a - b);
    const total = lengths.reduce((sum, length) => sum + length, 0);
    expect([ready, errors]).toEqual([true, []]);
    expect(training).toMatchObject({ rows: 5, tokenised_rows: 5, truncated_rows: 0, untrained_rows: 0, problems: [] });
    expect(training.tokens).toMatchObject({
      total,
      mean: total / 5,
      p50: lengths[2],
      p95: lengths[4],
      max: lengths[4],
    });
    expect(training.longest_rows[0]).toEqual({ line: 5, tokens: lengths[4] });
  });

  it('shows which tokens are trained, with the chat template applied', async () => {
    const rows = [
      chat('cat', 'K AE T'),
      { messages: [...chat('dog', 'no', { weight: 0 }).messages, ...chat('dog', 'D').messages] },
    ];
    const { phases } = await at.report({ training_file: await at.upload(rows) });
    const preview = phases[0]?.training.preview ?? [];
    const textOf = (line: number, trained: boolean) =>
      preview[line]?.tokens
        .filter((token) => token.trained === trained)
        .map(({ text }) => text)
        .join('');
    expect(textOf(0, true)).toBe('K AE T<|end|>');
    expect(textOf(0, false)).toContain('cat');
    expect(textOf(1, true)).toBe('D<|end|>');
    expect(textOf(1, false)).toContain('no');
    expect(preview[0]?.tokens.every(({ trained, weight }) => weight === Number(trained))).toBe(true);
  });

  it('says what is cut, where, and what would cut nothing', async () => {
    const file = await at.upload([...SFT_ROWS, chat('a'.repeat(20), 'AH')]);
    const { phases, warnings, ready } = await at.report(supervised(file, { max_sequence_length: 12 }));
    const { training } = phases[0] as PreflightReport['phases'][number];
    expect(training).toMatchObject({ max_sequence_length: 12, untrained_rows: 1, untrained_lines: [5] });
    expect(training.truncated_lines).toContain(5);
    expect(ready).toBe(true);
    expect(warnings.join('\n')).toMatch(
      new RegExp(`rows of rows.jsonl are cut to 12 tokens.*max_sequence_length ${training.tokens.max}`),
    );
    expect(warnings.join('\n')).toMatch(/1 rows of rows.jsonl train nothing.*lines 5/);
  });

  it('is refused when nothing is left to train', async () => {
    const file = await at.upload([chat('a'.repeat(20), 'AH'), chat('b'.repeat(20), 'B')]);
    const body = supervised(file, { max_sequence_length: 12 });
    const { ready, errors } = await at.report(body);
    expect(ready).toBe(false);
    expect(errors).toMatchObject([
      { code: 'invalid_training_file', param: 'training_file', type: 'invalid_request_error' },
    ]);
    expect(errors[0]?.message).toMatch(
      /Raise method\.supervised\.hyperparameters\.max_sequence_length to at least \d+/,
    );
    expect((await at.create(body)).json()).toEqual({ error: errors[0] });
  });

  it('finds rows that occur twice, in a file and between training and validation', async () => {
    const training_file = await at.upload([...SFT_ROWS, chat(' cat ', 'K  AE T')], 'train.jsonl');
    const validation_file = await at.upload([chat('new', 'N'), SFT_ROWS[1] as object], 'valid.jsonl');
    const { phases, warnings } = await at.report({ training_file, validation_file });
    const [{ training, validation }] = phases as [PreflightReport['phases'][number]];
    expect(training).toMatchObject({
      duplicate_rows: 1,
      duplicates: [{ line: 5, same_as_line: 1 }],
      rows_in_training: null,
    });
    expect(validation).toMatchObject({
      duplicate_rows: 0,
      rows_in_training: 1,
      in_training: [{ line: 2, same_as_line: 2 }],
    });
    expect(warnings).toHaveLength(2);
    expect(warnings[1]).toMatch(/1 rows of valid\.jsonl are in train\.jsonl too \(line 2 is line 2 there\)/);
  });

  it('takes the same question with other functions for another row', async () => {
    const messages = SFT_ROWS[0]?.messages;
    const tool = (name: string) => ({ type: 'function', function: { name } });
    const rows = [{ messages }, { messages, tools: [tool('a')] }, { messages, tools: [tool('b')] }];
    const training_file = await at.upload([...rows, rows[1] as object], 'train.jsonl');
    const validation_file = await at.upload([{ messages, tools: [tool('c')] }, rows[2] as object], 'valid.jsonl');
    const { phases } = await at.report({ training_file, validation_file });
    const [{ training, validation }] = phases as [PreflightReport['phases'][number]];
    expect(training.duplicates).toEqual([{ line: 4, same_as_line: 2 }]);
    expect(validation?.in_training).toEqual([{ line: 2, same_as_line: 3 }]);
  });

  it('tells of every wrong row, by line, field, what is expected and an example', async () => {
    const rows = [
      SFT_ROWS[0],
      { messages: SFT_ROWS[1]?.messages.slice(0, 1) },
      chat('x<|end|>', 'y'),
      chat('b', 'c', { weight: 0 }),
    ];
    const training_file = await at.upload(rows as object[]);
    const { phases, errors, ready } = await at.report({ training_file });
    expect(ready).toBe(false);
    const { problems, problem_count } = (phases[0] as PreflightReport['phases'][number]).training;
    expect([problem_count, ...problems.map(({ line, path }) => [line, path])]).toEqual([
      3,
      [2, 'messages'],
      [3, 'messages'],
      [4, 'messages'],
    ]);
    expect(problems[0]?.example).toContain('"role":"assistant"');
    expect(errors).toHaveLength(1);
    expect(errors[0]?.message).toMatch(
      /line 2 has no assistant message.*2 more: line 3 cannot be tokenised.*control token.*line 4/,
    );
    expect((await at.create({ training_file })).json()).toEqual({ error: errors[0] });
  });

  it('bounds what it tells of many wrong rows', async () => {
    const rows = Array.from({ length: 100 }, (_, index) => ({
      messages: [{ role: 'user', content: `word ${index}` }],
    }));
    const { phases, errors } = await at.report({ training_file: await at.upload(rows) });
    const { problems, problem_count } = (phases[0] as PreflightReport['phases'][number]).training;
    expect([problem_count, problems.length]).toEqual([100, 20]);
    expect(errors[0]?.message).toMatch(/99 more: .*; and 80 lines besides\.$/);
  });
});

describe('an upload with several wrong lines', () => {
  it('is refused with all of them', async () => {
    const lines = [JSON.stringify(SFT_ROWS[0]), '{"messages":[]}', '', '{"messages": [', JSON.stringify(SFT_ROWS[1])];
    await expect(at.api.upload(lines.join('\n'), 'fine-tune', 'bad.jsonl')).rejects.toThrow(
      /bad\.jsonl, line 2: messages .*for example: .*2 more lines are wrong: line 3: the line is empty.*line 4: the line is not valid JSON/,
    );
  });
});

describe('the preflight of a reinforcement job', () => {
  it('samples the model and reports mean and variance of the rewards', async () => {
    const { phases, ready, errors } = await at.report(reinforcement(await at.upload(RL_ROWS), SIMILARITY));
    expect([ready, errors]).toEqual([true, []]);
    const { rewards } = phases[0] as PreflightReport['phases'][number];
    expect(rewards).toMatchObject({ rows: 4, completions_per_row: 4, not_sampled: null, flagged: 0 });
    expect(rewards?.variance).toBeGreaterThan(0);
    expect(rewards?.zero_variance_share).toBeLessThan(1);
    for (const row of rewards?.sampled_rows ?? []) {
      const values = row.rewards as number[];
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      expect(row.mean).toBeCloseTo(mean, 12);
      expect(row.variance).toBeCloseTo(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length, 12);
    }
    expect(phases[0]?.training.tokens.trained).toBe(0);
  });

  it('is refused when all completions of every row earn the same, unless forced', async () => {
    const body = reinforcement(await at.upload(RL_ROWS), EXACT);
    const { ready, errors } = await at.report(body);
    expect([ready, errors[0]?.code, errors[0]?.param]).toEqual([
      false,
      'zero_reward_variance',
      'method.reinforcement.grader',
    ]);
    expect(errors[0]?.message).toMatch(
      /All 4 completions of each of 4 sampled rows earn the same: line 1 earns 0.*Warm up/,
    );
    expect((await at.create(body)).json()).toEqual({ error: errors[0] });
    const forced = { ...body, preflight: { force: true } };
    expect((await at.report(forced)).warnings[0]).toMatch(/^Forced: All 4 completions/);
    const job = (await at.create(forced)).json() as FineTuningJob;
    expect(job.preflight?.phases[0]?.rewards).toMatchObject({ mean: 0, variance: 0, zero_variance_share: 1 });
    const events = await at.api.call({ url: `/v1/fine_tuning/jobs/${job.id}/events` });
    expect(events.body).toContain('"kind":"preflight_warning"');
  });

  it('samples as many rows and completions as it is asked to, or none', async () => {
    const body = reinforcement(await at.upload(RL_ROWS), SIMILARITY);
    const few = await at.report({ ...body, preflight: { sample_rows: 2, completions_per_row: 3 } });
    expect(few.phases[0]?.rewards?.sampled_rows.map(({ line, rewards }) => [line, rewards.length])).toEqual([
      [1, 3],
      [3, 3],
    ]);
    const none = await at.report({ ...body, preflight: { sample_rows: 0 } });
    expect(none.phases[0]?.rewards).toMatchObject({
      mean: null,
      variance: null,
      not_sampled: expect.stringContaining('asks for no samples'),
    });
    expect(none.ready).toBe(true);
  });

  it('does not guess at a phase whose model does not exist yet, but runs its grader', async () => {
    const [sft, rl] = [await at.upload(SFT_ROWS), await at.upload(RL_ROWS)];
    const pipeline = [{ type: 'supervised' }, { type: 'reinforcement', training_file: rl, grader: EXACT }];
    const { ready, phases } = await at.report({ training_file: sft, pipeline });
    expect(ready).toBe(true);
    expect(phases[1]?.rewards).toMatchObject({
      rows: 4,
      mean: null,
      not_sampled: expect.stringContaining('phases before'),
    });
  });

  it.each([
    ['alone', { rows: 0 }],
    ['beside another grader, which is run', { rows: 4 }],
  ] as const)('asks no judge where no model can be opened, and says so: %s', async (how, expected) => {
    const { decoders } = at.api.deps;
    const missing = () => Promise.reject(Object.assign(new Error('Cannot find module'), { code: 'MODULE_NOT_FOUND' }));
    Object.assign(decoders, { acquire: missing, loadRuntime: missing });
    const judge = {
      type: 'score_model',
      name: 'judge',
      model: 'preheat-1m',
      input: [{ role: 'user', content: 'How good is {{ sample.output_text }}?' }],
    };
    const multi = { type: 'multi', name: 'both', graders: { judge, exact: EXACT }, calculate_output: 'judge + exact' };
    const body = reinforcement(await at.upload(RL_ROWS), how === 'alone' ? judge : multi);
    const { ready, warnings, phases } = await at.report(body);
    expect([ready, warnings.filter((warning) => warning.includes('grader'))]).toEqual([true, []]);
    expect(phases[0]?.rewards).toMatchObject({
      ...expected,
      not_sampled: expect.stringMatching(/no model runtime; graders that ask a model were not run/),
      flagged: 0,
      grader_errors: [],
    });
  });

  describe('does not sample a model beyond the budget of a preflight', () => {
    const request = {
      rows: [{ line: 1, tokens: Int32Array.of(1), row: { messages: [{ role: 'user' as const, content: 'a' }] } }],
      completionsPerRow: 1,
      maxCompletionTokens: 8,
      maxSequenceLength: 16,
    };
    const settings = { ...request, temperature: 1, seed: 0 };
    const described = async () => {
      const record = await at.api.deps.models.find('proj-one', TINY_MODEL);
      if (!record) throw new Error('there is no model');
      return at.api.deps.models.describe(record);
    };

    it('of memory', async () => {
      const model = await described();
      const config = { ...model.config, hidden_size: 8192, intermediate_size: 16_384, num_hidden_layers: 2 };
      const sampled = await sampleCompletions(at.api.deps, { ...model, config }, settings);
      expect(sampled).toEqual({
        ok: false,
        reason: expect.stringContaining(`${SAMPLING_BYTES / 1e6} MB are the budget`),
      });
    });

    it('of time', async () => {
      const sampling = sampleCompletions(at.api.deps, await described(), settings);
      await at.api.clock.advance(SAMPLING_MS);
      expect(await sampling).toEqual({ ok: false, reason: `the model did not answer within ${SAMPLING_MS / 1000} s` });
    });
  });

  it('is refused when the grader fails on every answer', async () => {
    const grader = { type: 'multi', name: 'broken', graders: { a: SIMILARITY }, calculate_output: '1 / (a - a)' };
    const body = reinforcement(await at.upload(RL_ROWS), grader);
    const { errors } = await at.report(body);
    expect(errors[0]).toMatchObject({ code: 'invalid_grader', param: 'method.reinforcement.grader' });
    expect(errors[0]?.message).toMatch(/graded none of the sampled completions: The formula gave/);
    expect((await at.create({ ...body, preflight: { force: true } })).json()).toEqual({ error: errors[0] });
  });

  it('tells of every key that rows lack', async () => {
    const grader = { ...GRADER, references: '{{ item.answers }}' };
    const { errors, phases } = await at.report(reinforcement(await at.upload(RL_ROWS), grader));
    expect(errors[0]).toMatchObject({ code: 'missing_item_key', param: 'method.reinforcement.grader' });
    expect(phases[0]?.training.problems.map(({ line, path }) => [line, path])).toEqual(
      [1, 2, 3, 4].map((line) => [line, 'answers']),
    );
    expect(phases[0]?.rewards).toBeNull();
  });
});
