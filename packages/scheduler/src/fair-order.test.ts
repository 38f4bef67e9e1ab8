import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fairOrder, type ProjectDemand } from './fair-order.js';

const demand = (projectId: string, over: Partial<ProjectDemand> = {}): ProjectDemand => ({
  projectId,
  isAhead: false,
  sinceMs: 0,
  running: 0,
  limit: Infinity,
  servedAtMs: 0,
  ...over,
});
const ids = (demands: readonly ProjectDemand[]) => fairOrder(demands).map(({ projectId }) => projectId);

describe('the order of projects', () => {
  it('begins with the fewest runners, then the longest not served, then the longest waiting', () => {
    const demands = [
      demand('busy', { running: 2 }),
      demand('served', { servedAtMs: 50 }),
      demand('late', { servedAtMs: 10, sinceMs: 9 }),
      demand('early', { servedAtMs: 10, sinceMs: 3 }),
    ];
    expect(ids(demands)).toEqual(['early', 'late', 'served', 'busy']);
  });

  it('lets a job that lost its runner go first, though not beyond the bound of its project', () => {
    const lost = { isAhead: true, running: 3 };
    expect(ids([demand('a'), demand('b', lost)])).toEqual(['b', 'a']);
    expect(ids([demand('a'), demand('b', { ...lost, limit: 3 })])).toEqual(['a']);
  });

  it('serves a project with one job after at most one job of every other, however many jobs they have', () => {
    const others = fc.array(fc.record({ running: fc.nat(5), servedAtMs: fc.nat(1000) }), { maxLength: 8 });
    fc.assert(
      fc.property(others, fc.nat(8), (states, freed) => {
        // Runners become free one after the other and take what is first; some are given back at once.
        const projects = states.map((state, i) => ({ ...demand(`p${i}`), ...state }));
        const starts = new Map<string, number>();
        for (let nowMs = 2000; ; nowMs++) {
          const [next] = fairOrder([...projects, demand('small', { sinceMs: 1999 })]);
          if (!next || next.projectId === 'small') break;
          starts.set(next.projectId, (starts.get(next.projectId) ?? 0) + 1);
          const taken = projects.find(({ projectId }) => projectId === next.projectId);
          if (taken) Object.assign(taken, { running: taken.running + (nowMs % 9 < freed ? 0 : 1), servedAtMs: nowMs });
        }
        expect(Math.max(0, ...starts.values())).toBeLessThanOrEqual(1);
      }),
    );
  });
});
