/** Rewards that take turns in a real job: each step learns from the part whose turn it is, and from nothing else. */
import { DecoderJudge, GraderPool } from '@preheat/graders';
import { afterAll, describe, expect, it } from 'vitest';
import { runJob } from './run-job.js';
import { documentOf, executor, leaseOf, never, phases, world } from './test-kit/job-under-test.js';

afterAll(() => executor.dispose());

const close = { type: 'text_similarity', name: 'close', input: '{{ sample.output_text }}', reference: 'K AE T' };
/** `flat` tells no two answers apart; the whole grade does. */
const grader = {
  type: 'multi',
  name: 'both',
  graders: {
    flat: { type: 'string_check', name: 'flat', input: 'a', reference: 'a', operation: 'eq' },
    close: { ...close, evaluation_metric: 'fuzzy_match' },
  },
  calculate_output: 'flat + close',
};

describe('a job with a schedule of rewards', () => {
  it('trains each step for the part whose turn it is, round after round', async () => {
    const reward_schedule = [{ part: 'flat', steps: 2 }, { part: 'close', steps: 1 }, { steps: 1 }];
    const [, rl] = phases({}, false, { reward_schedule, max_steps: 5, n_epochs: 2 });
    const at = await world({}, { phases: [{ ...rl, grader } as never] });
    expect(await runJob(at.deps, await leaseOf(at), never)).toBe('succeeded');
    const events = await at.jobs.eventsSince(await documentOf(at), 0, 1000);
    const steps = events.flatMap(({ type, data }) => (type === 'metrics' ? [data as Record<string, number>] : []));
    expect(steps.map((step) => step['reward_turn'])).toEqual([1, 1, 2, 3, 1]);
    expect(steps.map((step) => step['update_skipped'])).toEqual([1, 1, 0, 0, 1]);
    const earned = steps.map(({ train_shaped_reward: shaped = 0, train_mean_reward: grade = 0 }) => grade - shaped);
    // The grade is the sum of both parts, and `flat` is always 1.
    expect(earned[2]).toBeCloseTo(1, 6);
    expect(earned[3]).toBeCloseTo(0, 6);
    expect(steps[0]?.['train_shaped_reward']).toBe(1);
  });

  it('goes on where a part that has no turn is down', async () => {
    const judge = { type: 'score_model', name: 'gone', model: 'gone', input: [{ role: 'user', content: 'how good?' }] };
    const down = { ...grader, graders: { gone: judge, close: grader.graders.close }, calculate_output: 'gone + close' };
    const [, rl] = phases({}, false, { reward_schedule: [{ part: 'close', steps: 1 }], max_steps: 2 });
    const at = await world({}, { phases: [{ ...rl, grader: down } as never] });
    const judges = new DecoderJudge({ has: async () => false, open: async () => null });
    const graders = new GraderPool({ services: { judge: judges }, clock: at.deps.clock });
    expect(await runJob({ ...at.deps, graders }, await leaseOf(at), never)).toBe('succeeded');
    const events = await at.jobs.eventsSince(await documentOf(at), 0, 1000);
    const steps = events.flatMap(({ type, data }) => (type === 'metrics' ? [data] : []));
    expect(steps.map((step) => [step?.['grader_error_rate'], step?.['update_skipped']])).toEqual([
      [0, 0],
      [0, 0],
    ]);
  });
});
