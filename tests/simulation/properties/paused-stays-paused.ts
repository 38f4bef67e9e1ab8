/**
 * Once a user was told that a job pauses, only a resume makes it run again: one sent afterwards, or one that was still
 * without an answer when the pause was sent, which may take effect at any later time.
 */
import type { JobState } from '@preheat/contracts';
import type { Property } from '../property.js';

const RESTING: ReadonlySet<JobState> = new Set(['pausing', 'paused']);
const WORKING: ReadonlySet<JobState> = new Set(['queued', 'running']);

export const pausedStaysPaused: Property = {
  name: 'paused stays paused until resumed',

  committed({ versions }, { attempts }) {
    const [before, now] = versions?.slice(-2) ?? [];
    if (!before || !now || !RESTING.has(before.job.state) || !WORKING.has(now.job.state)) return undefined;
    const { id } = now.job;
    const pause = attempts.findLast(({ wish, answer }) => wish === `pause ${id}` && answer?.status === 200);
    if (!pause) return undefined;
    const isOpen = (answeredAtMs: number | undefined) => (answeredAtMs ?? Infinity) >= pause.sentAtMs;
    const resumes = attempts.filter(({ wish, answeredAtMs }) => wish === `resume ${id}` && isOpen(answeredAtMs));
    return resumes.length > 0 ? undefined : `${id} was paused and became ${now.job.state} without a resume`;
  },
};
