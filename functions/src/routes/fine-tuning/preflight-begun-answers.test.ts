/** Keys that change what is sampled and what counts as its reward: the preflight takes them as training does. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  preflightUnderTest,
  type PreflightUnderTest,
  reinforcement,
  SIMILARITY,
} from '../../test-kit/preflight-under-test.js';

let at: PreflightUnderTest;
beforeEach(async () => {
  at = await preflightUnderTest();
});
afterEach(() => at.api.app.close());

const asked = (content: string, more: object = {}) => ({ messages: [{ role: 'user', content }], ...more });

describe('the preflight of a job whose answers go on from text of their rows', () => {
  const BEGUN = 'K AE T D AA G';
  const text = '{{ sample.output_text }}';
  /** Nothing to be had without the beginning. */
  const grader = {
    type: 'multi',
    name: 'both',
    graders: {
      begun: { type: 'string_check', name: 'begun', operation: 'like', input: text, reference: BEGUN },
      close: SIMILARITY,
    },
    calculate_output: 'begun * close',
  };
  const rows = ['cat', 'dog', 'cot', 'dag'].map((word) => asked(word, { begun: BEGUN }));

  it('samples and grades them from there, and counts their tokens', async () => {
    const file = await at.upload(rows);
    const without = await at.report(reinforcement(file, grader));
    expect(without.errors.map(({ code }) => code)).toEqual(['zero_reward_variance']);
    const { ready, phases } = await at.report(reinforcement(file, grader, { prefix_key: 'begun' }));
    expect(ready).toBe(true);
    expect(phases[0]?.rewards?.variance).toBeGreaterThan(0);
    expect(phases[0]?.rewards?.sampled_rows[0]?.completion.startsWith(BEGUN)).toBe(true);
    const counted = (phases[0]?.training.tokens.max ?? 0) - (without.phases[0]?.training.tokens.max ?? 0);
    expect(counted).toBe(6);
  });

  it('is refused where they leave no room to go on', async () => {
    const keys = { prefix_key: 'begun', max_sequence_length: 16, max_completion_tokens: 8 };
    const { errors } = await at.report(reinforcement(await at.upload(rows), grader, keys));
    expect(errors).toMatchObject([{ code: 'row_too_long', param: 'training_file' }]);
    expect(errors[0]?.message).toMatch(/line 1 has 11 tokens, 6 of them under 'begun'; the limit is 8/);
  });

  it('checks them in rows whose tokens are not counted too', async () => {
    const many = Array.from({ length: 2_001 }, (_, index) => asked(`w${index}`, { begun: 'K' }));
    // Every second line is counted.
    const long = many.with(1, asked('cat', { begun: BEGUN.repeat(30) }));
    const spelt = many.with(3, asked('cat', { begun: 'K<|end|>' }));
    const told = async (rowsOfFile: readonly object[]) => {
      const file = await at.upload(rowsOfFile);
      const answer = await at.create(reinforcement(file, grader, { prefix_key: 'begun' }));
      return (answer.json() as { error: { message: string } }).error.message;
    };
    expect(await told(long)).toMatch(/line 2 has \d+ tokens, \d+ of them under 'begun'/);
    expect(await told(spelt)).toContain('line 4 cannot be tokenised: begun: contains the control token');
  });

  it('is refused where no row has the key, and not where some have', async () => {
    const misspelt = await at.report(reinforcement(await at.upload(rows), grader, { prefix_key: 'began' }));
    const param = 'method.reinforcement.hyperparameters.prefix_key';
    expect(misspelt.errors).toMatchObject([{ code: 'invalid_request', param }]);
    expect(misspelt.errors[0]?.message).toContain("names the key 'began', and no row of rows.jsonl");
    const noText = await at.report(reinforcement(await at.upload(rows), grader, { prefix_key: 'messages' }));
    expect(noText.errors).toMatchObject([{ code: 'invalid_request', param }]);
    const some = await at.upload([asked('cat'), ...rows.slice(1)]);
    expect((await at.report(reinforcement(some, grader, { prefix_key: 'begun' }))).ready).toBe(true);
  });

  it('is refused where they spell a control token', async () => {
    const file = await at.upload([...rows, asked('cut', { begun: 'K<|end|>' })]);
    const { errors } = await at.report(reinforcement(file, grader, { prefix_key: 'begun' }));
    expect(errors[0]).toMatchObject({ code: 'invalid_training_file', param: 'training_file' });
    expect(errors[0]?.message).toContain('line 5 cannot be tokenised: begun: contains the control token <|end|>');
  });
});

describe('the preflight of a job whose answers have segments', () => {
  it('is refused where no token of the model spells the end of one, unless it is forced', async () => {
    const file = await at.upload(['cat', 'dog'].map((word) => asked(word)));
    const until = (text: string) => reinforcement(file, SIMILARITY, { answer_segments: [{ until: text }, {}] });
    expect((await at.report(until('AE T'))).errors).toEqual([]);
    expect((await at.report(until('</think>'))).errors).toEqual([]);
    const param = 'method.reinforcement.hyperparameters.answer_segments.0.until';
    const { errors } = await at.report(until('思考'));
    expect(errors).toMatchObject([{ code: 'invalid_request', param }]);
    expect(errors[0]?.message).toContain('tokenizer reads it as another text');
    const forced = await at.report({ ...until('思考'), preflight: { force: true } });
    expect(forced.errors).toEqual([]);
    expect(forced.warnings.some((warning) => warning.startsWith('Forced:'))).toBe(true);
  });

  it('is refused where a segment could not be forced to its end', async () => {
    const file = await at.upload(['cat', 'dog'].map((word) => asked(word)));
    const force = (until: string, keys: object, further: object[] = [{}]) =>
      reinforcement(file, SIMILARITY, {
        answer_segments: [{ until, max_tokens: 4, force: true }, ...further],
        max_completion_tokens: 7,
        ...keys,
      });
    const path = 'method.reinforcement.hyperparameters.answer_segments.0';
    expect((await at.report(force('AE T', {}))).errors).toEqual([]);
    expect((await at.report(force('AE T', { max_completion_tokens: 6 }))).errors).toMatchObject([
      { code: 'invalid_request', param: `${path}.max_tokens` },
    ]);
    // Nothing follows the last one.
    expect((await at.report(force('AE T', { max_completion_tokens: 6 }, []))).errors).toEqual([]);
    const { errors } = await at.report(force('AE T\t', {}));
    expect(errors).toMatchObject([{ code: 'invalid_request', param: `${path}.until` }]);
    expect(errors[0]?.message).toContain('could be forced to it');
  });

  it('is refused with the place of what is wrong in a segment', async () => {
    const file = await at.upload([asked('cat')]);
    const keys = { answer_segments: [{ until: 'K', forks: 2 }, { temperature: 3 }] };
    const answer = await at.create(reinforcement(file, SIMILARITY, keys));
    const { error } = answer.json() as { error: { param: string; message: string } };
    expect(error.param).toBe('method.reinforcement.hyperparameters.answer_segments.1.temperature');
    expect(error.message).toContain('must be <= 2');
  });
});

describe('the preflight of a job whose rewards take turns', () => {
  const flat = { type: 'string_check', name: 'flat', input: 'a', reference: 'a', operation: 'eq' };
  const grader = (calculate_output: string) => ({
    type: 'multi',
    name: 'parts',
    graders: { flat, close: SIMILARITY },
    calculate_output,
  });
  const judged = async (calculate_output: string, reward_schedule: readonly object[]) => {
    const file = await at.upload(['cat', 'dog'].map((word) => asked(word)));
    const { errors } = await at.report(reinforcement(file, grader(calculate_output), { reward_schedule }));
    return errors.map(({ code }) => code);
  };

  it('is held up only where none of them tells answers apart', async () => {
    const [ofFlat, ofClose, ofAll] = [{ part: 'flat', steps: 2 }, { part: 'close', steps: 2 }, { steps: 1 }];
    expect(await judged('flat', [ofFlat, ofClose])).toEqual([]);
    expect(await judged('flat', [ofFlat, ofAll])).toEqual(['zero_reward_variance']);
    expect(await judged('flat + close', [ofFlat])).toEqual(['zero_reward_variance']);
  });

  it('takes a whole grade that always fails for no obstacle where a part is trained for', async () => {
    expect(await judged('close / (flat - 1)', [{ part: 'close', steps: 1 }])).toEqual([]);
    expect(await judged('close / (flat - 1)', [{ steps: 1 }])).toEqual(['invalid_grader']);
  });
});
