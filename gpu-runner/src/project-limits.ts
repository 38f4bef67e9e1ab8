/** How many runners the jobs of a project may hold, as the settings say. */
import type { RunnerSettings } from '@preheat/contracts';

export function projectLimits({
  PREHEAT_JOBS_PER_PROJECT: all,
  PREHEAT_JOBS_OF_PROJECTS: single = '',
}: Pick<RunnerSettings, 'PREHEAT_JOBS_PER_PROJECT' | 'PREHEAT_JOBS_OF_PROJECTS'>): (projectId: string) => number {
  const pairs = single.split(',').map((pair) => pair.split(':'));
  const limits = new Map(pairs.map(([projectId = '', jobs]) => [projectId, Number(jobs)]));
  const rest = all === undefined ? Infinity : Number(all);
  return (projectId) => limits.get(projectId) ?? rest;
}
