/** Operators find every job that died too often, and no other. */
import { KEYS } from '@preheat/contracts';
import { isDead } from '@preheat/jobs';
import type { Property } from '../property.js';

export const deadLettersAreTheDead: Property = {
  name: 'the dead letters are the jobs that died too often',

  ended({ history }) {
    const listed = [...history.objects.keys()].filter((key) => key.startsWith(KEYS.deadLetters));
    const jobs = [...history.jobs.keys()].flatMap((id) => history.latest(id) ?? []);
    const dead = jobs.filter(isDead).map((job) => KEYS.deadLetter(job.finishedAtMs ?? 0, job.id));
    const missing = dead.filter((key) => !listed.includes(key)).map((key) => `${key} is missing`);
    return [...missing, ...listed.filter((key) => !dead.includes(key)).map((key) => `${key} is no dead job`)];
  },
};
