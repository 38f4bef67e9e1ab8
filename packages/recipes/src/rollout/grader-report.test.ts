/** The metrics event of a reinforcement step has every key of OpenAI's tree, and says what the grades say. */
import { compileGrader, type GradeResult } from '@preheat/graders';
import { describe, expect, it } from 'vitest';
import { eventTree } from './grader-report.js';
import { type Graded, message, rolloutMetrics, validationMetrics } from './report.js';

const exact = {
  type: 'string_check',
  name: 'exact',
  input: '{{ sample.output_text }}',
  reference: '{{ item.word }}',
  operation: 'eq',
};
const judge = {
  type: 'score_model',
  name: 'judge',
  model: 'preheat-1m',
  input: [{ role: 'user', content: '{{ sample.output_text }}' }],
};
const compiled = compileGrader({
  type: 'multi',
  name: 'reward',
  graders: { exact, judge },
  calculate_output: 'exact + judge',
});
if (!compiled.ok) throw new Error(JSON.stringify(compiled.problems));
const grader = compiled.value;

const NO_ERRORS = { sample_parse_error: false, unresponsive_reward_error: false, invalid_variable_error: false };

/** Graded with so much, by a judge that took 10 and 4 tokens. */
function grade(reward: number, fails = false): GradeResult {
  const usage = { 'preheat-1m': { prompt_tokens: 10, completion_tokens: 4, total_tokens: 14, cached_tokens: 2 } };
  const failed = { ok: false, flag: 'invalid_variable_error', message: 'no word' };
  return {
    reward,
    subRewards: { exact: reward, judge: reward / 2 },
    isFlagged: fails,
    errors: { ...NO_ERRORS, invalid_variable_error: fails },
    errorMessages: [],
    leaves: {
      exact: { outcome: fails ? failed : { ok: true, value: reward }, latencyMs: 1, usage: {} },
      judge: { outcome: { ok: true, value: reward / 2 }, latencyMs: 30, usage },
    },
  } as unknown as GradeResult;
}

const graded = (...grades: GradeResult[]): Graded => ({
  grades,
  completions: grades.map(() => ({
    row: { messages: [] },
    prompt: new Int32Array(),
    sample: { tokens: new Int32Array(6), logProbs: new Float32Array(6), finishReason: 'stop', policyVersion: 0 },
  })),
});

const timing = { sampling: 1, training: 2, eval: 3, full_iteration: 6 };
const train = graded(grade(1), grade(0, true));
const valid = graded(grade(0.5));
const tree = eventTree(grader, train, valid, timing);

const KINDS = [
  'sample_parse_error',
  'invalid_variable_error',
  'other_error',
  'python_grader_server_error',
  'python_grader_runtime_error',
  'model_grader_server_error',
];
const bothSplits = (names: readonly string[]) => names.flatMap((name) => [`train_${name}`, `valid_${name}`]);
const meansAndCounts = (names: readonly string[]) => names.flatMap((name) => [`${name}_mean`, `${name}_count`]);
const keysOf = (value: object | undefined) => Object.keys(value ?? {}).sort();

describe('the tree of an event', () => {
  it('has every key there is, for the whole grader and for each part', () => {
    expect(keysOf(tree)).toEqual(['errors', 'model_graders_token_usage', 'scores', 'timing', 'usage']);
    expect(keysOf(tree.scores)).toEqual(['graders', 'train_reward_mean', 'valid_reward_mean']);
    const named = (more: readonly string[]) => ['name', 'type', ...more].sort();
    for (const one of tree.scores.graders) expect(keysOf(one)).toEqual(named(bothSplits(['reward_mean'])));
    for (const one of tree.errors.graders) expect(keysOf(one)).toEqual(named(bothSplits(meansAndCounts(KINDS))));
    for (const one of tree.timing.graders) expect(keysOf(one)).toEqual(named(bothSplits(['execution_latency_mean'])));
    expect(keysOf(tree.timing.step)).toEqual(['eval', 'full_iteration', 'sampling', 'training']);
    const tokens = bothSplits(meansAndCounts(['prompt_tokens', 'completion_tokens']));
    expect(tree.usage.graders.map((one) => keysOf(one))).toEqual([named(['model', ...tokens])]);
    expect(keysOf(tree.usage.samples)).toEqual(bothSplits(meansAndCounts(['reasoning_tokens'])).sort());
    expect(keysOf(tree.model_graders_token_usage['preheat-1m'])).toEqual(
      ['train', 'eval']
        .flatMap((split) => ['prompt', 'completion', 'cached'].map((kind) => `${split}_${kind}_tokens`))
        .sort(),
    );
  });

  it('says what the grades say', () => {
    expect(tree.scores).toMatchObject({ train_reward_mean: 0.5, valid_reward_mean: 0.5 });
    expect(tree.scores.graders).toMatchObject([
      { name: 'reward', type: 'multi', train_reward_mean: 0.5 },
      { name: 'exact', type: 'string_check', train_reward_mean: 0.5, valid_reward_mean: 0.5 },
      { name: 'judge', type: 'score_model', train_reward_mean: 0.25, valid_reward_mean: 0.25 },
    ]);
    expect(tree.errors.graders).toMatchObject([
      { train_invalid_variable_error_mean: 0.5, train_invalid_variable_error_count: 1, valid_other_error_count: 0 },
      { train_invalid_variable_error_count: 1 },
      { train_invalid_variable_error_count: 0 },
    ]);
    expect(tree.timing.graders).toMatchObject([
      { train_execution_latency_mean: 30 },
      { train_execution_latency_mean: 1 },
      {},
    ]);
    expect(tree.usage.graders).toMatchObject([
      { model: 'preheat-1m', train_prompt_tokens_mean: 10, train_prompt_tokens_count: 20 },
    ]);
    expect(tree.model_graders_token_usage).toEqual({
      'preheat-1m': {
        train_prompt_tokens: 20,
        train_completion_tokens: 8,
        train_cached_tokens: 4,
        eval_prompt_tokens: 10,
        eval_completion_tokens: 4,
        eval_cached_tokens: 2,
      },
    });
  });

  it('stands beside the figures at the top and a message in OpenAI’s words', () => {
    const metrics = { ...rolloutMetrics(train), ...validationMetrics(valid) };
    expect(metrics).toMatchObject({
      train_mean_reward: 0.5,
      full_valid_mean_reward: 0.5,
      full_valid_mean_parse_error: 0,
      mean_unresponsive_rewards: 0,
      completion_tokens_mean: 6,
      reasoning_tokens_mean: 0,
      valid_reasoning_tokens_mean: 0,
    });
    expect(message(10, 20, metrics)).toBe(
      'Step 10/20 , train mean reward=0.50, full validation mean reward=0.50, full validation mean parse error=0.00',
    );
  });
});
