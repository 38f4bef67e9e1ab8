/** Time is the test's: nothing here waits, and a grader that never answers still ends. */
import { VirtualClock } from '@preheat/ports';
import { beforeEach, describe, expect, it } from 'vitest';
import { compileGrader } from './compile-grader.js';
import type { CompiledGrader } from './compiled-grader.js';
import { GraderPool } from './grader-pool.js';
import type { GraderServices, HttpReply } from './grader-services.js';
import type { GradingContext } from './grading-context.js';
import { flagged, type Outcome, success } from './outcome.js';

const http = { type: 'http', name: 'remote', url: 'https://grader.example/score', timeout_seconds: 10 };
const sample = (output_text: string): GradingContext => ({ sample: { output_text }, item: { answer: 'x' } });
const samples = (count: number) => Array.from({ length: count }, (_, i) => sample(`answer ${i}`));
const answering = (score: number): Outcome<HttpReply> => success({ status: 200, body: JSON.stringify({ score }) });

function compiled(spec: unknown): CompiledGrader {
  const result = compileGrader(spec);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.value;
}

let clock: VirtualClock;
let calls: number;
let post: (call: number, signal: AbortSignal) => Promise<Outcome<HttpReply>>;
let pool: GraderPool;
const { signal } = new AbortController();
const call = { projectId: 'proj', signal };

beforeEach(() => {
  clock = new VirtualClock(0);
  calls = 0;
  const services: GraderServices = {
    http: { refusal: () => null, post: (_url, _body, _headers, ending) => post(++calls, ending) },
  };
  pool = new GraderPool({ services, clock });
});

/** Lets virtual time pass until the work is done. */
async function settled<T>(work: Promise<T>): Promise<T> {
  let isDone = false;
  const ended = work.finally(() => {
    isDone = true;
  });
  ended.catch(() => undefined);
  for (let turn = 0; !isDone && turn < 100_000; turn++) {
    await new Promise(setImmediate);
    if (!isDone) await clock.advance(500);
  }
  return ended;
}

describe('a grader that calls out', () => {
  it('is asked again after a passing failure, with a growing pause', async () => {
    const statuses = [503, 429, 200];
    post = (count) => Promise.resolve(success({ status: statuses[count - 1] ?? 0, body: '{"score": 0.5}' }));
    const result = await settled(pool.grade(compiled(http), sample('a'), call));
    expect([result.reward, result.isFlagged, calls]).toEqual([0.5, false, 3]);
    expect(result.leaves['remote']?.latencyMs).toBeGreaterThanOrEqual(1_500);
  });

  it.each([
    [{ status: 404, body: '' }, 'answered with status 404'],
    [{ status: 200, body: '{"score": "high"}' }, 'must answer {"score": number}'],
    [{ status: 200, body: 'no' }, 'must answer {"score": number}'],
    [{ status: 302, body: '' }, 'answered with status 302'],
  ])('is not asked again when it answered wrongly: %j', async (reply, message) => {
    post = () => Promise.resolve(success(reply));
    const result = await settled(pool.grade(compiled(http), sample('a'), call));
    expect([result.reward, calls, result.errors.other_error]).toEqual([0, 1, true]);
    expect(result.errorMessages[0]).toContain(message);
    expect(result.errors.unresponsive_reward_error).toBe(false);
  });

  it('is given up after three failures, and flagged as unresponsive', async () => {
    post = () => Promise.reject(new Error('connection refused'));
    const result = await settled(pool.grade(compiled(http), sample('a'), call));
    expect([result.reward, calls, result.errors.unresponsive_reward_error]).toEqual([0, 3, true]);
  });

  it('that never answers, and ignores its signal, does not hang a batch', async () => {
    post = () => new Promise(() => undefined);
    const results = await settled(pool.gradeAll(compiled(http), samples(512), call));
    expect(results.every(({ errors, reward }) => reward === 0 && errors.unresponsive_reward_error)).toBe(true);
    // 8 at once for at most three attempts of 10 s; the others are not even asked.
    expect(calls).toBeLessThanOrEqual(24);
    expect(clock.nowMs()).toBeLessThan(60_000);
  });

  it('that was down is asked again after a while', async () => {
    post = () => Promise.reject(new Error('down'));
    await settled(pool.gradeAll(compiled(http), samples(16), call));
    post = () => Promise.resolve(answering(1));
    const before = await settled(pool.grade(compiled(http), sample('new'), call));
    await clock.advance(61_000);
    const after = await settled(pool.grade(compiled(http), sample('new'), call));
    expect([before.isFlagged, after.reward]).toEqual([true, 1]);
  });

  it('is told when its time is up', async () => {
    let isAborted = false;
    post = (_count, ending) => {
      ending.addEventListener('abort', () => (isAborted = true));
      return new Promise(() => undefined);
    };
    await settled(pool.grade(compiled(http), sample('a'), call));
    expect(isAborted).toBe(true);
  });

  it('ends with the job', async () => {
    const job = new AbortController();
    post = () => new Promise(() => undefined);
    const grading = pool.gradeAll(compiled(http), samples(4), { projectId: 'proj', signal: job.signal });
    await new Promise(setImmediate);
    job.abort(new Error('job cancelled'));
    await expect(settled(grading)).rejects.toThrow('job cancelled');
  });
});

describe('memory', () => {
  it('asks once for equal samples, also those in flight', async () => {
    post = () => Promise.resolve(answering(1));
    const grader = compiled(http);
    await settled(pool.gradeAll(grader, [sample('a'), sample('a'), sample('b')], call));
    const again = await settled(pool.grade(grader, sample('a'), call));
    expect([calls, again.reward, again.leaves['remote']?.latencyMs]).toEqual([2, 1, 0]);
  });

  it('tells graders, items and projects apart, and forgets failures', async () => {
    post = () => Promise.resolve(answering(1));
    await settled(pool.grade(compiled(http), sample('a'), call));
    await settled(pool.grade(compiled({ ...http, url: 'https://other.example/' }), sample('a'), call));
    await settled(pool.grade(compiled(http), { ...sample('a'), item: { answer: 'y' } }, call));
    await settled(pool.grade(compiled(http), sample('a'), { ...call, projectId: 'other' }));
    expect(calls).toBe(4);
    post = () => Promise.resolve(success({ status: 400, body: '' }));
    await settled(pool.grade(compiled(http), sample('z'), call));
    post = () => Promise.resolve(answering(1));
    expect((await settled(pool.grade(compiled(http), sample('z'), call))).reward).toBe(1);
  });
});

describe('a multi grader', () => {
  it('combines what is computed here with what is asked for', async () => {
    const exact = { type: 'string_check', name: 'e', input: '{{sample.output_text}}', reference: 'a', operation: 'eq' };
    const graders = { exact, remote: http };
    const calculate_output = 'min(1, max(0, (exact + 2 * remote) / (1 + abs(2)))) ^ 2';
    post = () => Promise.resolve(answering(0.25));
    const result = await settled(
      pool.grade(compiled({ type: 'multi', name: 'm', graders, calculate_output }), sample('a'), call),
    );
    expect(result).toMatchObject({ reward: 0.25, subRewards: { exact: 1, remote: 0.25 }, isFlagged: false });
  });

  it('is flagged as a whole when a part does not answer', async () => {
    const multi = { type: 'multi', name: 'm', graders: { remote: http }, calculate_output: '1 - remote' };
    post = () => Promise.resolve(flagged('other_error', 'no'));
    expect(await settled(pool.grade(compiled(multi), sample('a'), call))).toMatchObject({ reward: 0, isFlagged: true });
  });
});
