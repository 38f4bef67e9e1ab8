import { describe, expect, it } from 'vitest';
import { startApi } from '../test-kit/api-under-test.js';
import { GRADER } from '../test-kit/rows.js';
import { publishToolModel } from '../test-kit/tool-model.js';

const EXACT = {
  type: 'string_check',
  name: 'exact',
  input: '{{sample.output_text}}',
  reference: '{{item.a}}',
  operation: 'eq',
};
const SIMILAR = { type: 'text_similarity', name: 'similar', input: '{{sample.output_text}}', reference: '{{item.a}}' };
const ASKED = [{ role: 'user', content: 'cat' }];
const run = async (payload: object) =>
  (await startApi()).call({ method: 'POST', url: '/v1/fine_tuning/alpha/graders/run', payload });

describe('running a grader', () => {
  it('answers with the reward, sub-rewards and every error flag', async () => {
    const graders = { exact: { ...EXACT, reference: '{{ item.references[0] }}' }, per: GRADER };
    const grader = { type: 'multi', name: 'both', graders, calculate_output: '0.5 * exact + 0.5 * per' };
    const item = { references: ['K AE T'] };
    const response = await run({ grader, model_sample: 'K AE D', item });
    expect(response.json()).toMatchObject({
      sub_rewards: { exact: 0 },
      metadata: { name: 'both', type: 'multi', errors: { other_error: false }, error_messages: [] },
    });
    expect((response.json() as { reward: number }).reward).toBeCloseTo(1 / 3);
  });

  it('runs Python in its sandbox, and says where a source is wrong', async () => {
    const source = 'def grade(sample, item):\n    return len(sample["output_text"]) / item["length"]\n';
    const grader = { type: 'python', name: 'length', source, image_tag: '2025-05-08' };
    const right = await run({ grader, model_sample: 'abc', item: { length: 4 } });
    expect(right.json()).toMatchObject({ reward: 0.75, metadata: { type: 'python', token_usage: null } });
    const failing = await run({ grader, model_sample: 'abc', item: { length: 0 } });
    const errors = {
      python_grader_runtime_error: true,
      python_grader_runtime_error_details: 'ZeroDivisionError: division by zero (line 2)',
    };
    expect(failing.json()).toMatchObject({ reward: 0, metadata: { errors } });
    const broken = await run({ grader: { ...grader, source: 'def grade(sample:' }, model_sample: 'abc' });
    expect([broken.statusCode, broken.json()]).toMatchObject([400, { error: { param: 'grader.source' } }]);
  });

  it('asks a model of the platform', async () => {
    const sampling_params = { max_completions_tokens: 4, seed: 1 };
    const grader = { type: 'score_model', name: 'judge', model: 'preheat-1m', input: ASKED, sampling_params };
    const response = await run({ grader, model_sample: 'x' });
    // A model of two thousand random parameters answers no JSON: the flag shows that it was asked and read.
    expect([response.statusCode, response.json()]).toMatchObject([
      200,
      { reward: 0, metadata: { errors: { model_grader_parse_error: true }, sampled_model_name: 'preheat-1m' } },
    ]);
    const usage = (
      response.json() as { model_grader_token_usage_per_model: Record<string, { completion_tokens: number }> }
    ).model_grader_token_usage_per_model['preheat-1m'];
    expect(usage?.completion_tokens).toBeGreaterThan(0);
  });

  it('holds a judge to the form of its answer, whatever it would say else', async () => {
    const api = await startApi();
    const model = await publishToolModel(api, 'tagged');
    const sampling_params = { max_completions_tokens: 1500, seed: 3 };
    const grader = { type: 'score_model', name: 'judge', model, input: ASKED, sampling_params };
    const payload = { grader, model_sample: 'x' };
    const response = await api.call({ method: 'POST', url: '/v1/fine_tuning/alpha/graders/run', payload });
    expect(response.json()).toMatchObject({ metadata: { errors: { model_grader_parse_error: false } } });
    await api.app.close();
  });

  it('flags what a sample or an item lacks instead of failing', async () => {
    const response = await run({ grader: EXACT, model_sample: 'x', item: {} });
    expect([response.statusCode, response.json()]).toMatchObject([
      200,
      { reward: 0, metadata: { errors: { invalid_variable_error: true } } },
    ]);
  });

  it.each([
    [{ ...EXACT, operation: 'equals' }, 'grader.operation'],
    [{ ...EXACT, type: 'regex' }, 'grader.type'],
    [{ type: 'score_model', name: 's', model: 'no-such-model', input: ASKED }, 'grader.model'],
    [{ type: 'http', name: 'h', url: 'http://169.254.169.254/latest' }, 'grader.url'],
    [{ ...SIMILAR, evaluation_metric: 'cosine' }, 'grader.evaluation_metric'],
    [{ ...EXACT, input: '{{ secrets.key }}' }, 'grader.input'],
  ])('refuses %j', async (grader, param) => {
    const response = await run({ grader, model_sample: 'x' });
    expect([response.statusCode, response.json()]).toMatchObject([400, { error: { code: 'invalid_grader', param } }]);
  });
});

describe('validating a grader', () => {
  it('answers with its normal form', async () => {
    const api = await startApi();
    const payload = { grader: { ...EXACT, operation: 'neq' } };
    const response = await api.call({ method: 'POST', url: '/v1/fine_tuning/alpha/graders/validate', payload });
    expect(response.json()).toEqual({ grader: { ...EXACT, operation: 'ne' } });
  });
});
