/** How many runners the jobs of a project may hold at a time, as the environment of runners and functions says. */
import Type, { type Static } from 'typebox';

const PAIR = '[A-Za-z0-9_.-]+:[1-9][0-9]{0,3}';

export const ProjectLimitSettings = Type.Object({
  /** Jobs of one project that may hold a runner at a time; the others wait. Any number unless said. The same for runners and API. */
  PREHEAT_JOBS_PER_PROJECT: Type.Optional(
    Type.String({ pattern: '^[1-9][0-9]{0,3}$', description: 'a whole number from 1 to 9999' }),
  ),
  /** The same for single projects: `name:number`, comma-separated. */
  PREHEAT_JOBS_OF_PROJECTS: Type.Optional(
    Type.String({
      maxLength: 65_536,
      pattern: `^${PAIR}(,${PAIR})*$`,
      description: 'projects and their numbers of jobs, comma-separated: `one:2,other:5`',
    }),
  ),
});
export type ProjectLimitSettings = Static<typeof ProjectLimitSettings>;

export function projectLimits({
  PREHEAT_JOBS_PER_PROJECT: all,
  PREHEAT_JOBS_OF_PROJECTS: single = '',
}: ProjectLimitSettings): (projectId: string) => number {
  const pairs = single.split(',').map((pair) => pair.split(':'));
  const limits = new Map(pairs.map(([projectId = '', jobs]) => [projectId, Number(jobs)]));
  const rest = all === undefined ? Infinity : Number(all);
  return (projectId) => limits.get(projectId) ?? rest;
}
