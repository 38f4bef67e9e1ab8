import { describe, expect, it } from 'vitest';
import { startApi } from '../test-kit/api-under-test.js';
import { GRADER } from '../test-kit/rows.js';

const EXACT = {
  type: 'string_check',
  name: 'exact',
  input: '{{sample.output_text}}',
  reference: '{{item.a}}',
  operation: 'eq',
};
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

  it('flags what a sample or an item lacks instead of failing', async () => {
    const response = await run({ grader: EXACT, model_sample: 'x', item: {} });
    expect([response.statusCode, response.json()]).toMatchObject([
      200,
      { reward: 0, metadata: { errors: { invalid_variable_error: true } } },
    ]);
  });

  it.each([
    [{ ...EXACT, operation: 'equals' }, 'grader.operation'],
    [{ ...EXACT, type: 'python' }, 'grader.type'],
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
