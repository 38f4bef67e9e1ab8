import type { RunComparison } from '@preheat/contracts';
import { describe, expect, it } from 'vitest';
import { OTHER_KEY } from '../../test-kit/api-under-test.js';
import { EXACT, type RunsUnderTest, runsUnderTest } from '../../test-kit/runs-under-test.js';

/** Rows whose answer is right or wrong, one a letter: `+` right, `-` wrong, `!` without the reference. */
const given = (answers: string) => ({
  type: 'jsonl',
  source: {
    type: 'file_content',
    content: [...answers].map((answer, id) => ({
      item: answer === '!' ? { id } : { id, references: ['K'] },
      sample: { output_text: answer === '+' ? 'K' : 'Z' },
    })),
  },
});

async function ended(world: RunsUnderTest, answers: string): Promise<string> {
  const run = await world.start(given(answers));
  await world.work(run);
  return run.id;
}

const world = () => runsUnderTest({ testing_criteria: [EXACT] });

describe('a comparison', () => {
  it('pairs the items that both runs have, criterion by criterion', async () => {
    const evals = await world();
    const { api } = evals;
    const url = evals.url.replace('/v1/evals', '/v1/x/evals').replace('/runs', '/compare');
    const [baseline, candidate] = [await ended(evals, '+---+---+-!'), await ended(evals, '++++-++')];
    const payload = { baseline, candidate, seed: 4, resamples: 2000, confidence: 0.9 };
    const asked = (await api.call({ method: 'POST', url, payload })).json() as RunComparison;
    expect(asked).toMatchObject({
      object: 'eval.comparison',
      baseline: { run_id: baseline, status: 'completed', unpaired_items: 4 },
      candidate: { run_id: candidate, unpaired_items: 0 },
      paired_items: 7,
      seed: 4,
      resamples: 2000,
      confidence: 0.9,
    });
    const [all, exact] = asked.results;
    expect(exact).toMatchObject({ testing_criteria: 'exact', wins: 5, losses: 1, ties: 1, win_rate: 5.5 / 7 });
    expect(exact?.mean_difference).toBeCloseTo(4 / 7);
    expect(exact).toMatchObject({ baseline_mean: 2 / 7, candidate_mean: 6 / 7, candidate_pass_rate: 6 / 7 });
    expect(all).toEqual({ ...exact, testing_criteria: null });
    const query = new URLSearchParams({ ...payload, seed: '4', resamples: '2000', confidence: '0.9' });
    expect((await api.call({ url: `${url}?${query.toString()}` })).json()).toEqual(asked);
    expect((await api.call({ method: 'POST', url, payload, key: OTHER_KEY })).statusCode).toBe(404);
  });

  it('turns its sign with the sides', async () => {
    const evals = await world();
    const url = evals.url.replace('/v1/evals', '/v1/x/evals').replace('/runs', '/compare');
    const [one, two] = [await ended(evals, '+-+-+--'), await ended(evals, '++++-++')];
    const compare = async (baseline: string, candidate: string) =>
      (await evals.api.call({ method: 'POST', url, payload: { baseline, candidate } })).json() as RunComparison;
    const [there, back] = [(await compare(one, two)).results[1], (await compare(two, one)).results[1]];
    expect(back?.mean_difference).toBeCloseTo(-(there?.mean_difference ?? 0));
    expect(back?.interval.low).toBeCloseTo(-(there?.interval.high ?? 0), 5);
    expect(back).toMatchObject({ wins: there?.losses, losses: there?.wins });
  });

  it('is refused for a run that is not there, for too few items, and for an unknown field', async () => {
    const evals = await world();
    const url = evals.url.replace('/v1/evals', '/v1/x/evals').replace('/runs', '/compare');
    const [baseline, candidate] = [await ended(evals, '+'), await ended(evals, '-')];
    const ask = (payload: object) => evals.api.call({ method: 'POST', url, payload });
    expect((await ask({ baseline, candidate: 'evalrun_none' })).statusCode).toBe(404);
    expect((await ask({ baseline, candidate })).json()).toMatchObject({ error: { param: 'candidate' } });
    expect((await ask({ baseline, candidate, paired: true })).json()).toMatchObject({ error: { param: 'paired' } });
  });
});
