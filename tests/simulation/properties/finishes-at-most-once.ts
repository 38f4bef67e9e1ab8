/**
 * A job ends once: no version of it follows its end but an operator's redrive, one in which checkpoints are forgotten and nothing
 * else, or one that says the same again, and its log tells one end for each life, the last being the one that happened.
 */
import { type JobDocument, TERMINAL_STATES } from '@preheat/contracts';
import type { Property } from '../property.js';

const ENDS: ReadonlySet<unknown> = new Set(['succeeded', 'failed', 'cancelled']);

export const finishesAtMostOnce: Property = {
  name: 'a job finishes at most once, and says so once',

  committed({ versions }) {
    const [before, now] = versions?.slice(-2) ?? [];
    if (!before || !now || !TERMINAL_STATES.has(before.job.state)) return undefined;
    if ((now.job.redrives ?? 0) === (before.job.redrives ?? 0) + 1 && now.job.state === 'queued') return undefined;
    if (onlyForgets(before.job, now.job) || saysTheSame(before.job, now.job)) return undefined;
    return `${now.job.id} was ${before.job.state} and was written again as ${now.job.state}`;
  },

  ended({ history, events }) {
    return [...history.jobs.keys()].flatMap((jobId) => {
      const { state, redrives = 0 } = history.latest(jobId) ?? {};
      const told = (events.get(jobId) ?? []).map(({ data }) => data?.['kind']).filter((kind) => ENDS.has(kind));
      const isRight = told.length === redrives + 1 && told.at(-1) === state;
      return isRight ? [] : [`${jobId} is ${state}, its log tells [${told.join(', ')}]`];
    });
  },
};

/** Beside what every write changes: the trail of writes, and the log that tells of it. */
function onlyForgets(before: JobDocument, now: JobDocument): boolean {
  const rest = ({ checkpoints: _, events: __, nextSequence: ___, ...job }: JobDocument) => untrailed(job);
  const known = new Set(before.checkpoints.map(({ id }) => id));
  const isFewer =
    now.checkpoints.length < before.checkpoints.length && now.checkpoints.every(({ id }) => known.has(id));
  return isFewer && rest(before) === rest(now);
}

/** The collector replaces a version so that no write against it comes true any more. */
const saysTheSame = (before: JobDocument, now: JobDocument): boolean => untrailed(before) === untrailed(now);

const untrailed = ({ writeId: _, recentWriteIds: __, ...job }: Partial<JobDocument>): string => JSON.stringify(job);
