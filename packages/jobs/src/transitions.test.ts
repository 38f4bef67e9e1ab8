import { JOB_STATES, TERMINAL_STATES } from '@preheat/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JOB_EVENTS, type JobEvent, transition } from './transitions.js';

/** The complete table, written a second time by hand: a change must be made knowingly in both places. */
const EXPECTED = `
            lease    release  expire   exhaust  pause    resume   cancel     succeed    fail    redrive
queued      running  -        -        failed   paused   queued   cancelled  -          -       -
running     -        queued   queued   failed   pausing  running  cancelled  succeeded  failed  -
pausing     -        paused   paused   paused   pausing  running  cancelled  succeeded  failed  -
paused      -        -        -        -        paused   queued   cancelled  -          -       -
succeeded   -        -        -        -        -        -        -          -          -       -
failed      -        -        -        -        -        -        -          -          -       queued
cancelled   -        -        -        -        -        -        cancelled  -          -       -
`;

describe('job transitions', () => {
  it('match the whole table', () => {
    const [header, ...rows] = EXPECTED.trim()
      .split('\n')
      .map((line) => line.trim().split(/\s+/));
    const actual = JOB_STATES.map((state) => [state, ...JOB_EVENTS.map((event) => transition(state, event) ?? '-')]);
    expect(header).toEqual([...JOB_EVENTS]);
    expect(actual).toEqual(rows);
  });

  it('never leave a terminal state for another, but for an operator', () => {
    const events = JOB_EVENTS.filter((event) => event !== 'redrive');
    const walk = fc.array(fc.constantFrom<JobEvent>(...events), { maxLength: 40 });
    fc.assert(
      fc.property(fc.constantFrom(...JOB_STATES), walk, (start, events) => {
        let state = start;
        for (const event of events) {
          const next = transition(state, event);
          if (TERMINAL_STATES.has(state) && next !== null) expect(next).toBe(state);
          state = next ?? state;
        }
      }),
    );
  });
});
