import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Foresight, foreseeStarts, type QueueView } from './foresee-starts.js';
import type { Span, WaitingProject } from './waiting-queue.js';

const exactly = (ms: number): Span => ({ earliest: ms, latest: ms });
const never: Span = { earliest: 0, latest: Infinity };

function project(projectId: string, runsMs: readonly Span[], over: Partial<WaitingProject> = {}): WaitingProject {
  const jobs = runsMs.map((runMs, i) => ({ id: `${projectId}${i}`, isAhead: false, sinceMs: i, runMs }));
  return { projectId, jobs, running: 0, limit: Infinity, servedAtMs: 0, ...over };
}

const view = (over: Partial<QueueView>): QueueView => ({
  ...{ nowMs: 1000, runners: [], startable: 0, bootedAtMs: exactly(0), projects: [], ...over },
});
const foreseeStart = (queue: QueueView, jobId: string): Foresight => foreseeStarts(queue).get(jobId) as Foresight;
const busy = (projectId: string, freeAtMs: Span) => ({ projectId, freeAtMs });
const idle = { projectId: null, freeAtMs: exactly(0) };

describe('when a waiting job starts', () => {
  it('is now, where a runner is free', () => {
    const queue = view({ runners: [busy('b', exactly(9000)), idle], projects: [project('a', [exactly(50)])] });
    expect(foreseeStart(queue, 'a0')).toEqual({ position: 1, startsAtMs: exactly(1000), isWarm: true });
  });

  it('is after those ahead, on whichever runner is free first', () => {
    const runners = [busy('b', exactly(2000)), busy('b', exactly(3000))];
    const queue = view({ runners, projects: [project('a', [exactly(5000), exactly(1000), exactly(1), exactly(1)])] });
    const starts = ['a0', 'a1', 'a2', 'a3'].map((id) => foreseeStart(queue, id));
    expect(starts.map(({ startsAtMs }) => startsAtMs.earliest)).toEqual([2000, 3000, 4000, 4001]);
    expect(starts.map(({ position }) => position)).toEqual([1, 2, 3, 4]);
  });

  it('is the range that ranges of those ahead leave, with an open end where nothing is known', () => {
    const runners = [busy('b', { earliest: 2000, latest: 5000 })];
    const queue = view({ runners, projects: [project('a', [{ earliest: 100, latest: 300 }, never, exactly(1)])] });
    expect(foreseeStart(queue, 'a1').startsAtMs).toEqual({ earliest: 2100, latest: 5300 });
    expect(foreseeStart(queue, 'a2').startsAtMs).toEqual({ earliest: 2100, latest: Infinity });
  });

  it('is when a runner has booted, where one may be started, and never where none is to be had', () => {
    const projects = [project('a', [exactly(10), exactly(10)])];
    const bootedAtMs = { earliest: 4000, latest: 6000 };
    expect(foreseeStart(view({ startable: 1, bootedAtMs, projects }), 'a1')).toEqual({
      ...{ position: 2, startsAtMs: { earliest: 4010, latest: 6010 }, isWarm: true },
    });
    const both = view({ startable: 2, bootedAtMs, projects });
    expect(foreseeStart(both, 'a1')).toEqual({ position: 2, startsAtMs: bootedAtMs, isWarm: false });
    expect(foreseeStart(view({ projects }), 'a1').startsAtMs).toEqual(exactly(Infinity));
  });

  it('is when a job of its project ends, where the project is at its limit', () => {
    const runners = [idle, busy('a', exactly(8000)), busy('b', exactly(3000))];
    const projects = [
      project('a', [exactly(10)], { running: 1, limit: 1 }),
      project('b', [exactly(5)], { running: 1 }),
    ];
    expect(foreseeStart(view({ runners, projects }), 'a0').startsAtMs).toEqual(exactly(8000));
    expect(foreseeStart(view({ runners, projects }), 'b0').startsAtMs).toEqual(exactly(1000));
  });

  it('is not before it may, and others do not wait for it', () => {
    const notBeforeMs = { earliest: 7000, latest: 9000 };
    const jobs = project('a', [exactly(100), exactly(100)]).jobs.map((job, i) =>
      i === 0 ? { ...job, notBeforeMs } : job,
    );
    const queue = view({ runners: [idle], projects: [project('a', [], { jobs })] });
    expect(foreseeStart(queue, 'a0')).toEqual({ position: 2, startsAtMs: notBeforeMs, isWarm: true });
    expect(foreseeStart(queue, 'a1')).toEqual({ position: 1, startsAtMs: exactly(1000), isWarm: true });
    const busyUntil = view({ runners: [busy('b', exactly(20_000))], projects: [project('a', [], { jobs })] });
    expect(foreseeStart(busyUntil, 'a0').startsAtMs).toEqual(exactly(20_000));
  });

  it('is when its project may have another, where that is later than it may begin', () => {
    const notBeforeMs = exactly(2000);
    const jobs = project('a', [exactly(100)]).jobs.map((job) => ({ ...job, notBeforeMs }));
    const runners = [idle, busy('a', exactly(8000))];
    const queue = view({ runners, projects: [project('a', [], { jobs, running: 1, limit: 1 })] });
    expect(foreseeStart(queue, 'a0').startsAtMs).toEqual(exactly(8000));
  });

  it('shares runners between projects as runners do', () => {
    const projects = [
      project('a', [exactly(10), exactly(10), exactly(10)], { running: 1, servedAtMs: 500 }),
      project('b', [exactly(10)]),
    ];
    const queue = view({ runners: [busy('a', exactly(2000))], projects });
    expect(['b0', 'a0', 'a1', 'a2'].map((id) => foreseeStart(queue, id).position)).toEqual([1, 2, 3, 4]);
    expect(foreseeStart(queue, 'b0').startsAtMs).toEqual(exactly(2000));
  });
});

describe('a foreseen start', () => {
  const span = fc.tuple(fc.nat(1000), fc.nat(1000)).map(([low, more]) => ({ earliest: low, latest: low + more }));
  const spans = fc.array(span, { minLength: 1, maxLength: 8 });
  const within = ({ earliest, latest }: Span, share: number): Span => exactly(earliest + share * (latest - earliest));

  it('holds the real one, whatever of their ranges jobs of one project take', () => {
    fc.assert(
      fc.property(
        spans,
        fc.array(span, { minLength: 1, maxLength: 4 }),
        fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })),
        (runs, ends, shares) => {
          const draw = (one: Span): Span => within(one, shares.next().value);
          const runners = ends.map((freeAtMs) =>
            busy('b', { earliest: 1000 + freeAtMs.earliest, latest: 1000 + freeAtMs.latest }),
          );
          const told = view({ runners, projects: [project('a', runs)] });
          const real = view({
            runners: runners.map((runner) => ({ ...runner, freeAtMs: draw(runner.freeAtMs) })),
            projects: [project('a', runs.map(draw))],
          });
          const last = `a${runs.length - 1}`;
          const { earliest, latest } = foreseeStart(told, last).startsAtMs;
          const startedMs = foreseeStart(real, last).startsAtMs.earliest;
          expect(startedMs).toBeGreaterThanOrEqual(earliest - 1e-6);
          expect(startedMs).toBeLessThanOrEqual(latest + 1e-6);
        },
      ),
    );
  });

  it('is found for every queue there may be, in a range that is one', () => {
    const limit = fc.constantFrom(1, 2, Infinity);
    const owner = fc.constantFrom(null, 'a', 'b', 'c');
    const runner = fc.record({ projectId: owner, freeAtMs: fc.oneof(span, fc.constant(never)) });
    fc.assert(
      fc.property(
        fc.array(runner, { maxLength: 5 }),
        fc.tuple(spans, spans, spans),
        limit,
        fc.nat(3),
        (runners, all, most, startable) => {
          const projects = ['a', 'b', 'c'].map((name, i) => {
            const running = runners.filter(({ projectId }) => projectId === name).length;
            const jobs = project(name, all[i] as Span[]).jobs.map((job, at) => {
              return at % 3 === 1
                ? { ...job, notBeforeMs: { earliest: 1000 + 100 * at, latest: 1500 + 200 * at } }
                : job;
            });
            return project(name, [], { jobs, limit: most, running });
          });
          const queue = view({ runners, projects, startable, bootedAtMs: { earliest: 500, latest: 2000 } });
          const ids = projects.flatMap(({ jobs }) => jobs.map(({ id }) => id));
          const foreseen = foreseeStarts(queue);
          const seen = [...foreseen.values()];
          expect([...foreseen.keys()].sort()).toEqual(ids.sort());
          expect(seen.map(({ position }) => position).sort((x, y) => x - y)).toEqual(ids.map((_, i) => i + 1));
          for (const { jobs } of projects) {
            for (const { id, notBeforeMs } of jobs) {
              const start = foreseen.get(id)?.startsAtMs.earliest ?? 0;
              expect(start).toBeGreaterThanOrEqual(notBeforeMs?.earliest ?? 1000);
            }
          }
          for (const { startsAtMs } of seen) {
            expect(startsAtMs.latest).toBeGreaterThanOrEqual(startsAtMs.earliest);
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});
