import { type JobDocument, KEYS } from '@preheat/contracts';
import { DeadLetters, LostLeaseError, sweepJobs, waitingKey } from '@preheat/jobs';
import { UnknownOutcomeError } from '@preheat/ports';
import { describe, expect, it } from 'vitest';
import { checkpointAt, identity, JobWorld, LEASE_TTL_MS, newJob } from './job-world.js';

const message = (text: string) => ({ level: 'info', type: 'message', message: text, data: null }) as const;
const RING_AFTER_MS = 30_000;

describe('creating jobs', () => {
  it('answers a client retry of the same body with the same job, and a new request with a new one', async () => {
    const world = new JobWorld();
    const first = await world.created();
    expect((await world.created({ isRetry: true })).id).toBe(first.id);
    expect((await world.created()).id).not.toBe(first.id);
  });

  it('takes an old retry for a new request', async () => {
    const world = new JobWorld();
    const first = await world.created();
    await world.clock.advance(60 * 60_000);
    expect((await world.created({ isRetry: true })).id).not.toBe(first.id);
  });

  it('matches an original that arrives after its own retry, once', async () => {
    const world = new JobWorld();
    const retried = await world.created({ isRetry: true });
    expect((await world.created()).id).toBe(retried.id);
    expect((await world.created()).id).not.toBe(retried.id);
  });

  it('holds an idempotency key to its first body', async () => {
    const world = new JobWorld();
    const first = await world.created({ keyDigest: 'k1' });
    expect((await world.created({ keyDigest: 'k1' })).id).toBe(first.id);
    const other = await world.jobs.create(newJob, identity({ keyDigest: 'k1', bodyDigest: 'other' }));
    expect(other).toEqual({ ok: false, reason: 'idempotency_mismatch' });
  });

  it('keeps an acknowledged job when its message is lost', async () => {
    const world = new JobWorld();
    const job = await world.created();
    const [lost] = await world.queue.receive({ maxMessages: 1, waitMs: 0, visibilityTimeoutMs: 1000 });
    await world.queue.delete(lost?.receipt as string);
    await world.clock.advance(RING_AFTER_MS);
    expect(await sweepJobs(world.jobs, world.deps, { ringAfterMs: RING_AFTER_MS })).toMatchObject({ rung: 1 });
    const [again] = await world.queue.receive({ maxMessages: 1, waitMs: 0, visibilityTimeoutMs: 1000 });
    expect(again?.message).toEqual({ kind: 'job', jobId: job.id });
  });

  it('lists newest first, by page, one project at a time', async () => {
    const world = new JobWorld();
    const ids: string[] = [];
    for (let i = 0; i < 5; i++) {
      ids.unshift((await world.created()).id);
      await world.clock.advance(10);
    }
    await world.created({ projectId: 'proj-b' });
    const first = await world.jobs.list('proj-a', { limit: 2 });
    expect(first.jobs.map((job) => job.id)).toEqual(ids.slice(0, 2));
    expect(first.hasMore).toBe(true);
    const rest = await world.jobs.list('proj-a', { limit: 10, after: ids[1] as string });
    expect(rest.jobs.map((job) => job.id)).toEqual(ids.slice(2));
    expect(rest.hasMore).toBe(false);
    expect(await world.jobs.get('proj-b', ids[0] as string)).toBeUndefined();
  });
});

describe('the lease', () => {
  it('is given to one runner at a time', async () => {
    const world = new JobWorld();
    const job = await world.created();
    const taken = await Promise.all(['r1', 'r2', 'r3'].map((runner) => world.acquire(job.id, runner)));
    expect(taken.filter(Boolean)).toHaveLength(1);
    expect(await world.acquire(job.id, 'r4')).toBeUndefined();
  });

  it('fences a runner that slept past its lease: its next write fails and changes nothing', async () => {
    const world = new JobWorld();
    const job = await world.created();
    const sleeper = await world.acquire(job.id, 'r1');
    await world.clock.advance(LEASE_TTL_MS + 1000);
    const successor = await world.acquire(job.id, 'r2');
    expect(successor?.lease.epoch).toBe(2);
    await expect(sleeper?.checkpoint(checkpointAt(5))).rejects.toThrow(LostLeaseError);
    expect(sleeper?.lost.aborted).toBe(true);
    await successor?.checkpoint(checkpointAt(3));
    expect((await world.jobs.read(job.id))?.document.resume?.step).toBe(3);
  });

  it('is renewed by heartbeats', async () => {
    const world = new JobWorld();
    const job = await world.created();
    const held = await world.acquire(job.id, 'r1');
    for (let i = 0; i < 5; i++) {
      await world.clock.advance(LEASE_TTL_MS / 2);
      await held?.heartbeat();
    }
    expect(await world.acquire(job.id, 'r2')).toBeUndefined();
  });

  it('of a dead runner is taken back by the sweeper, and the job fails after too many deaths without progress', async () => {
    const world = new JobWorld();
    const job = await world.created();
    const sweep = () => sweepJobs(world.jobs, world.deps, { ringAfterMs: RING_AFTER_MS });
    for (let death = 1; death <= 5; death++) {
      // Until its next attempt is due.
      await world.clock.advance(15 * 60_000);
      await sweep();
      await world.acquire(job.id, `r${death}`);
      await world.clock.advance(LEASE_TTL_MS + 1000);
      await sweep();
      expect(await world.state(job.id)).toBe(death < 5 ? 'queued' : 'failed');
    }
    const ended = (await world.jobs.read(job.id))?.document;
    expect(ended?.error?.code).toBe('runner_lost');
    const { events } = await world.jobs.events(ended as never, { limit: 1 });
    expect(events[0]?.level).toBe('error');
    expect(await sweepJobs(world.jobs, world.deps, { ringAfterMs: 1 })).toMatchObject({ cleared: 1 });
  });

  it('of the last runner that a job may lose after a checkpoint leaves it to end with that, once', async () => {
    const world = new JobWorld();
    const job = await world.created();
    const sweep = () => sweepJobs(world.jobs, world.deps, { ringAfterMs: RING_AFTER_MS });
    const stored = async () => (await world.jobs.read(job.id))?.document as JobDocument;
    const die = async (): Promise<void> => {
      await world.clock.advance(15 * 60_000);
      await sweep();
      expect(await world.acquire(job.id, 'r1')).toBeDefined();
      await world.clock.advance(LEASE_TTL_MS + 1000);
      await sweep();
    };
    await (await world.acquire(job.id, 'r0'))?.checkpoint(checkpointAt(3));
    await world.clock.advance(LEASE_TTL_MS + 1000);
    await sweep();
    for (let death = 2; death <= 5; death++) await die();
    const endedEarly = { reason: 'runner_lost', limit: 5, used: 5, step: 3 };
    expect(await stored()).toMatchObject({ state: 'queued', attempts: 0, error: null, finishedAtMs: null, endedEarly });
    const { events } = await world.jobs.events(await stored(), { limit: 1 });
    expect(events[0]).toMatchObject({
      level: 'warn',
      data: { kind: 'attempts_used_up', reason: 'runner_lost', step: 3 },
    });
    for (let death = 1; death <= 5; death++) await die();
    expect(await stored()).toMatchObject({ state: 'failed', error: { code: 'runner_lost' }, endedEarly });
    // Mended, it trains on.
    await new DeadLetters(world.jobs, world.deps).redrive(job.id);
    expect(await stored()).toMatchObject({ state: 'queued', attempts: 0, endedEarly: null, resume: { step: 3 } });
  });

  it('of a job that was only to be ended makes it fail, and one that a user wants paused is paused', async () => {
    const world = new JobWorld();
    const dieOften = async (jobId: string, checkpoint: ReturnType<typeof checkpointAt>, pauseLast: boolean) => {
      for (let death = 1; death <= 5; death++) {
        const held = await world.acquire(jobId, `r${death}`);
        if (death === 1) await held?.checkpoint(checkpoint);
        if (death === 5 && pauseLast) await world.jobs.pause('proj-a', jobId);
        await held?.attemptFailed({ code: 'attempt_failed', message: 'no disk', param: null });
        if (death < 5) await world.jobs.resume('proj-a', jobId);
      }
      return (await world.jobs.read(jobId))?.document;
    };
    const trained = await dieOften((await world.created({ bodyDigest: 'a' })).id, checkpointAt(3, true), false);
    expect(trained).toMatchObject({ state: 'failed', error: { code: 'attempt_failed' } });
    const paused = await dieOften((await world.created({ bodyDigest: 'b' })).id, checkpointAt(3), true);
    // One attempt is left to it, for when it is resumed.
    expect(paused).toMatchObject({ state: 'paused', attempts: 4, error: null });
    expect(paused?.endedEarly ?? null).toBeNull();
    await world.jobs.resume('proj-a', String(paused?.id));
    expect(await world.acquire(String(paused?.id), 'r6')).toBeDefined();
  });

  it('goes on from the newest intact checkpoint when an older one, its best, is damaged', async () => {
    const world = new JobWorld();
    const job = await world.created();
    const held = await world.acquire(job.id, 'r1');
    await held?.checkpoint({ ...checkpointAt(1), metrics: { valid_loss: 0.1 } });
    await held?.checkpoint({ ...checkpointAt(2), metrics: { valid_loss: 0.9 } });
    await held?.endEarly({ reason: 'runner_lost', limit: 5, used: 5, step: 2 });
    const damaged = { level: 'error', type: 'message', message: 'step 1 is damaged', data: {} } as const;
    await held?.fallBack(checkpointAt(2), checkpointAt(1), damaged);
    const left = (await world.jobs.read(job.id))?.document;
    expect(left).toMatchObject({ state: 'queued', lease: null, attempts: 1, resume: { step: 2 }, trainedTokens: 200 });
    // The best of what is left, and still only to be ended.
    expect(left?.checkpoints.map(({ step }) => step)).toEqual([2]);
    expect(left?.endedEarly).toMatchObject({ reason: 'runner_lost', step: 2 });
    expect(await world.acquire(job.id, 'r2')).toBeDefined();
  });

  it('of a second dead runner in a row makes the job wait, as it may be what kills', async () => {
    const world = new JobWorld();
    const job = await world.created();
    const sweep = () => sweepJobs(world.jobs, world.deps, { ringAfterMs: RING_AFTER_MS });
    const stored = async () => (await world.jobs.read(job.id))?.document as JobDocument;
    const isWaiting = async (): Promise<boolean> => (await world.store.head(waitingKey(await stored()))) !== undefined;
    const die = async (step?: number): Promise<void> => {
      const held = await world.acquire(job.id, 'r1');
      if (step !== undefined) await held?.checkpoint(checkpointAt(step));
      await world.clock.advance(LEASE_TTL_MS + 1000);
    };
    await die();
    await sweep();
    expect(await isWaiting()).toBe(true);
    for (const waitMs of [30_000, 60_000]) {
      await die();
      expect(await world.acquire(job.id, 'r2')).toBeUndefined();
      await sweep();
      expect([(await stored()).retryAtMs, await isWaiting()]).toEqual([world.clock.nowMs() + waitMs, false]);
      await world.clock.advance(waitMs - 1);
      expect(await sweep()).toMatchObject({ rung: 0 });
      await world.clock.advance(1);
      expect(await sweep()).toMatchObject({ rung: 1 });
      expect(await isWaiting()).toBe(true);
    }
    // Progress makes what was lost before forgotten.
    await die(1);
    await sweep();
    expect(await isWaiting()).toBe(true);
  });

  it('logs a checkpoint in the write that makes it, so that the runner may die right after', async () => {
    const world = new JobWorld();
    const job = await world.created();
    const held = await world.acquire(job.id, 'r1');
    held?.record(message('step 1'));
    await held?.checkpoint(checkpointAt(1), message('checkpoint 1'));
    const stored = (await world.jobs.read(job.id))?.document as JobDocument;
    const { events } = await world.jobs.events(stored, { limit: 2 });
    expect(events.map((event) => event.message)).toEqual(['checkpoint 1', 'step 1']);
  });

  it('logs an event once although the write that took it along was never answered and could not be read back', async () => {
    const world = new JobWorld();
    const job = await world.created();
    const held = await world.acquire(job.id, 'r1');
    held?.record(message('step 1'));
    const { put, get } = world.store;
    world.store.put = async (key, ...rest) => {
      const result = await put.call(world.store, key, ...rest);
      if (key !== KEYS.job(job.id)) return result;
      world.store.get = () => Promise.reject(new Error('out of reach'));
      throw new UnknownOutcomeError(key);
    };
    await expect(held?.heartbeat()).rejects.toThrow('out of reach');
    Object.assign(world.store, { put, get });
    held?.record(message('step 2'));
    await held?.heartbeat();
    const stored = (await world.jobs.read(job.id))?.document as JobDocument;
    const events = await world.jobs.eventsSince(stored, 0, 100);
    expect(events.map((event) => event.message).slice(-2)).toEqual(['step 1', 'step 2']);
    expect(events.filter((event) => event.message === 'step 1')).toHaveLength(1);
  });

  it('tells the end of a job only if the write that ends it happens', async () => {
    const world = new JobWorld();
    const job = await world.created();
    const held = await world.acquire(job.id, 'r1');
    const { put } = world.store;
    world.store.put = (key, ...rest) =>
      key === KEYS.job(job.id) ? Promise.reject(new Error('out of reach')) : put.call(world.store, key, ...rest);
    await expect(held?.succeed('ft:x', [message('succeeded')])).rejects.toThrow('out of reach');
    world.store.put = put;
    await held?.heartbeat();
    const stored = (await world.jobs.read(job.id))?.document as JobDocument;
    const events = await world.jobs.eventsSince(stored, 0, 100);
    expect(events.map((event) => event.message)).not.toContain('succeeded');
  });

  it('is taken over with the progress of the checkpoint that work goes on from', async () => {
    const world = new JobWorld();
    const job = await world.created();
    const first = await world.acquire(job.id, 'r1');
    const progress = { phaseIndex: 0, phaseSteps: 9, totalSteps: 9, tokensPerSecond: 1, etaSeconds: 1 };
    first?.setProgress({ ...progress, phaseStep: 2, step: 2 });
    await first?.checkpoint(checkpointAt(2));
    first?.setProgress({ ...progress, phaseStep: 4, step: 4 });
    await first?.heartbeat();
    await world.clock.advance(LEASE_TTL_MS + 1000);
    const second = await world.acquire(job.id, 'r2');
    expect(second?.job.progress).toMatchObject({ step: 2, phaseStep: 2, phaseSteps: 9, etaSeconds: null });
  });

  it('forgets earlier deaths once a checkpoint was reached', async () => {
    const world = new JobWorld();
    const job = await world.created();
    await world.acquire(job.id, 'r1');
    await world.clock.advance(LEASE_TTL_MS + 1000);
    const second = await world.acquire(job.id, 'r2');
    expect(second?.job.attempts).toBe(1);
    await second?.checkpoint(checkpointAt(1));
    expect(second?.job.attempts).toBe(0);
  });
});

describe('a damaged document', () => {
  it('is never written: a number that JSON cannot carry is refused, and the job stays readable', async () => {
    const world = new JobWorld();
    const job = await world.created();
    const held = await world.acquire(job.id, 'r1');
    const broken = { ...checkpointAt(1), metrics: { valid_loss: Number.NaN } };
    await expect(held?.checkpoint(broken)).rejects.toThrow('metrics.valid_loss');
    expect((await world.jobs.read(job.id))?.document.resume).toBeNull();
    await held?.checkpoint(checkpointAt(2));
    expect((await world.jobs.read(job.id))?.document.resume?.step).toBe(2);
  });

  it('does not keep the sweeper from the jobs behind it', async () => {
    const world = new JobWorld();
    const [first, second] = [await world.created(), await world.created()];
    await world.store.put(KEYS.job(first.id), new TextEncoder().encode('{}'));
    await world.clock.advance(RING_AFTER_MS);
    const swept = await sweepJobs(world.jobs, world.deps, { ringAfterMs: RING_AFTER_MS });
    expect(swept).toMatchObject({ seen: 2, failed: 1, rung: 1 });
    expect((await world.jobs.read(second.id))?.document.rungAtMs).toBe(world.clock.nowMs());
  });

  it('is swept beside others: a deep queue takes a fraction of what its jobs take one by one', async () => {
    const [count, getMs] = [64, 20];
    const world = new JobWorld();
    for (let i = 0; i < count; i++) await world.created();
    await world.clock.advance(RING_AFTER_MS);
    let gets = 0;
    const get = world.store.get.bind(world.store);
    world.store.get = async (...asked) => {
      gets++;
      await world.clock.sleep(getMs);
      return get(...asked);
    };
    const beganMs = world.clock.nowMs();
    const swept = await world.clock.run(sweepJobs(world.jobs, world.deps, { ringAfterMs: RING_AFTER_MS }));
    expect(swept).toEqual({ seen: count, rung: count, expired: 0, cleared: 0, failed: 0 });
    expect(world.clock.nowMs() - beganMs).toBeLessThan((gets * getMs) / 4);
  });
});

describe('requests of a user', () => {
  it('cancel a running job at once; its runner loses it at its next write', async () => {
    const world = new JobWorld();
    const job = await world.created();
    const held = await world.acquire(job.id, 'r1');
    const outcome = await world.jobs.cancel('proj-a', job.id);
    expect(outcome).toMatchObject({ ok: true, job: { state: 'cancelled', lease: null } });
    await expect(held?.succeed('ft:x', [])).rejects.toThrow(LostLeaseError);
    expect(await world.state(job.id)).toBe('cancelled');
  });

  it('pause a running job through its runner, and resume it', async () => {
    const world = new JobWorld();
    const job = await world.created();
    const held = await world.acquire(job.id, 'r1');
    await world.jobs.pause('proj-a', job.id);
    await held?.heartbeat();
    expect(held?.pausing.aborted).toBe(true);
    await held?.checkpoint(checkpointAt(2));
    await held?.release('a pause');
    expect(await world.state(job.id)).toBe('paused');
    expect(await world.acquire(job.id, 'r2')).toBeUndefined();
    await world.jobs.resume('proj-a', job.id);
    expect((await world.acquire(job.id, 'r2'))?.job.resume?.step).toBe(2);
  });

  it('are refused after the end, and hide other projects', async () => {
    const world = new JobWorld();
    const job = await world.created();
    const held = await world.acquire(job.id, 'r1');
    await held?.succeed('ft:x', []);
    expect(await world.jobs.cancel('proj-a', job.id)).toMatchObject({ ok: false, reason: 'refused' });
    expect(await world.jobs.cancel('proj-b', job.id)).toEqual({ ok: false, reason: 'not_found' });
  });
});

describe('the event log', () => {
  it('keeps every event once and in order over many small writes, in few segments', async () => {
    const world = new JobWorld();
    const job = await world.created();
    const held = await world.acquire(job.id, 'r1');
    for (let i = 0; i < 300; i++) {
      held?.record(message(`step ${i}`));
      await held?.heartbeat();
    }
    const document = (await world.jobs.read(job.id))?.document as never as Parameters<typeof world.jobs.events>[0];
    expect(document.events.length).toBeLessThan(12);
    const all = await world.jobs.eventsSince(document, 0, 1000);
    expect(all.map((event) => event.sequence)).toEqual(all.map((_, i) => i));
    expect(all.filter((event) => event.message.startsWith('step')).map((event) => event.message)).toEqual(
      Array.from({ length: 300 }, (_, i) => `step ${i}`),
    );
    const page = await world.jobs.events(document, { limit: 3 });
    expect(page.events.map((event) => event.message)).toEqual(['step 299', 'step 298', 'step 297']);
    const next = await world.jobs.events(document, { limit: 2, before: page.events[2]?.sequence as number });
    expect(next.events.map((event) => event.message)).toEqual(['step 296', 'step 295']);
  });
});
