import { describe, expect, it } from 'vitest';
import { compileGrader } from './compile-grader.js';
import type { CompiledGrader } from './compiled-grader.js';
import { grade } from './grade.js';
import { gradeAll } from './grade-all.js';

function compiled(spec: unknown): CompiledGrader {
  const result = compileGrader(spec);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.value;
}

const check = (operation: string) =>
  compiled({ type: 'string_check', name: 'c', input: '{{sample.output_text}}', reference: '{{item.r}}', operation });
const exact = {
  type: 'string_check',
  name: 'exact',
  input: '{{sample.output_text}}',
  reference: '{{item.r[0]}}',
  operation: 'eq',
};
const per = { type: 'phoneme_error_rate', name: 'per', input: '{{sample.output_text}}', references: '{{item.r}}' };
const demo = compiled({
  type: 'multi',
  name: 'demo',
  graders: { exact, per },
  calculate_output: '0.2 * exact + 0.8 * per',
});

const sample = (output_text: string, r: unknown) => ({ sample: { output_text }, item: { r } });

describe('grade', () => {
  it.each([
    ['eq', 'Cat', 'Cat', 1],
    ['eq', 'cat', 'Cat', 0],
    ['ne', 'cat', 'Cat', 1],
    ['neq', 'Cat', 'Cat', 0],
    ['like', 'a Cat sat', 'Cat', 1],
    ['like', 'a cat sat', 'Cat', 0],
    ['ilike', 'a cAT sat', 'Cat', 1],
    ['ilike', 'Cat', 'a Cat', 0],
  ])('string_check %s: %s, %s', async (operation, output, reference, reward) => {
    expect(await grade(check(operation), sample(output, reference))).toMatchObject({
      reward,
      subRewards: {},
      isFlagged: false,
    });
  });

  it('scores similarity by the metric named', async () => {
    const similar = { type: 'text_similarity', name: 's', input: '{{sample.output_text}}', reference: '{{item.r}}' };
    const fuzzy = compiled({ ...similar, evaluation_metric: 'fuzzy_match' });
    expect((await grade(fuzzy, sample('kitten', 'sitting'))).reward).toBeCloseTo(8 / 13, 12);
    const rouge = compiled({ ...similar, evaluation_metric: 'rouge_2' });
    expect((await grade(rouge, sample('police kill the gunman', 'police killed the gunman'))).reward).toBeCloseTo(
      1 / 3,
      12,
    );
  });

  it('combines a multi grader and reports each part', async () => {
    const right = await grade(demo, sample('R IY D', ['R EH D', 'R IY D']));
    expect(right).toMatchObject({ reward: 0.8, subRewards: { exact: 0, per: 1 }, isFlagged: false, errorMessages: [] });
    const close = await grade(demo, sample('K AE', ['K AE T']));
    expect(close.reward).toBeCloseTo((0.8 * 2) / 3, 12);
  });

  it('flags a bad item and gives 0, even where the formula would reward a missing score', async () => {
    const inverted = compiled({ type: 'multi', name: 'm', graders: { per }, calculate_output: '1 - per' });
    const result = await grade(inverted, sample('K', [1, 2]));
    expect(result).toMatchObject({ reward: 0, subRewards: { per: 0 }, isFlagged: true });
    expect(result.errors).toMatchObject({ invalid_variable_error: true, other_error: false });
    expect(result.errorMessages[0]).toContain('must be 1 to 64 strings');
  });

  it('flags a formula without a finite value', async () => {
    const dividing = compiled({ type: 'multi', name: 'm', graders: { per }, calculate_output: '1 / per' });
    const result = await grade(dividing, sample('B', ['K']));
    expect(result).toMatchObject({ reward: 0, isFlagged: true, errors: { other_error: true } });
    expect(result.errorMessages).toEqual(['The formula gave Infinity for {"per":0}.']);
  });

  it('flags an answer with too many symbols, an unparsable answer and a scorer that throws', async () => {
    const long = await grade(compiled(per), sample('K '.repeat(5000), ['K']));
    expect(long).toMatchObject({ reward: 0, errors: { truncated_observation_error: true } });
    const json = compiled({ ...exact, input: '{{ sample.output_json.a }}' });
    expect(await grade(json, sample('no', ['x']))).toMatchObject({ reward: 0, errors: { sample_parse_error: true } });
    const failing: CompiledGrader = {
      ...demo,
      combine: null,
      scorers: new Map([
        ['x', { score: () => Promise.reject(new Error('down')), checkItem: () => null, itemPaths: [] }],
      ]),
    };
    const thrown = await grade(failing, sample('K', ['K']));
    expect(thrown).toMatchObject({
      reward: 0,
      errors: { other_error: true },
      errorMessages: ['The grader failed: down'],
    });
  });

  it('takes any name that the wire allows', async () => {
    expect((await grade(compiled({ ...per, name: '__proto__' }), sample('K', ['K']))).reward).toBe(1);
    const odd = { type: 'multi', name: 'm', graders: [{ ...per, name: '__proto__' }], calculate_output: '__proto__' };
    expect((await grade(compiled(odd), sample('K', ['K']))).reward).toBe(1);
  });
});

describe('gradeAll', () => {
  it('keeps the order, whatever the concurrency', async () => {
    const samples = Array.from({ length: 600 }, (_, i) => sample('K '.repeat(i % 4), ['K K K']));
    const expected = samples.map((_, i) => ((i % 4) * 0.8) / 3);
    for (const concurrency of [1, 7, 1000]) {
      const rewards = (await gradeAll(demo, samples, { concurrency })).map(({ reward }) => reward);
      rewards.forEach((reward, i) => {
        expect(reward).toBeCloseTo(expected[i] ?? Number.NaN, 12);
      });
    }
    expect(await gradeAll(demo, [])).toEqual([]);
  });

  it('never has more samples in flight than asked for', async () => {
    let [inFlight, most] = [0, 0];
    const score = async () => {
      most = Math.max(most, ++inFlight);
      await Promise.resolve();
      inFlight--;
      return { ok: true as const, value: 1 };
    };
    const slow = { ...demo, combine: null, scorers: new Map([['x', { score, checkItem: () => null, itemPaths: [] }]]) };
    await gradeAll(
      slow,
      Array.from({ length: 20 }, () => sample('', [])),
      { concurrency: 3 },
    );
    expect(most).toBe(3);
  });

  it('stops when aborted, between samples', async () => {
    const controller = new AbortController();
    const samples = Array.from({ length: 2000 }, () => sample('K', ['K']));
    setImmediate(() => controller.abort(new Error('job cancelled')));
    await expect(gradeAll(demo, samples, { signal: controller.signal })).rejects.toThrow('job cancelled');
  });

  it('refuses a concurrency that could never finish', async () => {
    await expect(gradeAll(demo, [], { concurrency: 0 })).rejects.toThrow('at least 1, found 0');
  });
});
