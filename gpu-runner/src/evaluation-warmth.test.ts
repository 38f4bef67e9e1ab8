import { MemoryWorkQueue } from '@preheat/adapters/memory';
import { JsonLog } from '@preheat/adapters/system';
import type { ModelRecord } from '@preheat/contracts';
import { type JsonValue, VirtualClock } from '@preheat/ports';
import { afterAll, describe, expect, it } from 'vitest';
import { EvaluationWarmth } from './evaluation-warmth.js';
import { runJob } from './run-job.js';
import { documentOf, executor, leaseOf, never, phases, world } from './test-kit/job-under-test.js';

afterAll(() => executor.dispose());

const BASE = { name: 'base' } as ModelRecord;
const EXPIRES_AFTER_MS = 600_000;

async function messagesOn(queue: MemoryWorkQueue<JsonValue>): Promise<JsonValue[]> {
  const received = await queue.receive({ maxMessages: 10, waitMs: 0, visibilityTimeoutMs: 60_000 });
  return received.map(({ message }) => message);
}

function training() {
  const clock = new VirtualClock();
  const evaluationQueue = new MemoryWorkQueue<JsonValue>({ clock });
  const log = JsonLog.open({ level: 'error', write: () => undefined });
  const warmth = new EvaluationWarmth({ evaluationQueue, clock, log }, { id: 'job', projectId: 'p' });
  return { clock, evaluationQueue, warmth };
}

describe('evaluation', () => {
  it('is told once, when the last phase ends within what a start takes', async () => {
    const { clock, evaluationQueue, warmth } = training();
    const told: number[] = [];
    const STEP_MS = 2_000;
    for (let left = 99; left >= 0; left--) {
      await clock.advance(STEP_MS);
      warmth.stepped(STEP_MS, left, BASE);
      const messages = await messagesOn(evaluationQueue);
      const expiresAtMs = clock.nowMs() + EXPIRES_AFTER_MS;
      if (messages.length > 0) expect(messages).toEqual([{ kind: 'warm', projectId: 'p', model: 'base', expiresAtMs }]);
      told.push(...messages.map(() => left * STEP_MS));
    }
    expect(told).toHaveLength(1);
    // The start, its margin, and less than a step.
    expect(told[0]).toBeGreaterThan(10_000);
    expect(told[0]).toBeLessThanOrEqual(20_000);
  });

  it('is not told of a phase whose end is not known', async () => {
    const { evaluationQueue, warmth } = training();
    for (let i = 0; i < 50; i++) warmth.stepped(1_000, null, BASE);
    expect(await messagesOn(evaluationQueue)).toEqual([]);
  });

  it.each([
    ['is away', () => Promise.reject(new Error('away'))],
    ['never answers', () => new Promise(() => undefined)],
  ])('whose queue %s keeps no job from its steps and its end', async (_, send) => {
    const at = await world({}, { phases: phases({ max_steps: 2, checkpoint_interval: 2 }).slice(0, 1) });
    const evaluationQueue = { send } as unknown as MemoryWorkQueue<JsonValue>;
    expect(await runJob({ ...at.deps, evaluationQueue }, await leaseOf(at), never)).toBe('succeeded');
  });

  it.each([
    ['a whole model', {}, null],
    ['an adapter', { lora_rank: 2 }, 'preheat-1m'],
  ])('is told by a job of what it is about to make, and of what it made: %s', async (_, keys, ahead) => {
    const at = await world({}, { phases: phases({ ...keys, max_steps: 2, checkpoint_interval: 2 }).slice(0, 1) });
    const evaluationQueue = new MemoryWorkQueue<JsonValue>({ clock: at.deps.clock });
    expect(await runJob({ ...at.deps, evaluationQueue }, await leaseOf(at), never)).toBe('succeeded');
    const { fineTunedModel } = await documentOf(at);
    expect(await messagesOn(evaluationQueue)).toMatchObject([
      { kind: 'warm', projectId: 'proj', model: ahead },
      { kind: 'warm', projectId: 'proj', model: fineTunedModel },
    ]);
  });
});
