/** A submit that was answered is a job, in the ledger and in the listing; however often it was tried, it is one job. */
import { KEYS } from '@preheat/contracts';
import { projectName } from '../world/api-machine.js';
import type { Property } from '../property.js';

export const acknowledgedSubmitIsNeverLost: Property = {
  name: 'an acknowledged submit is never lost, and never doubled',

  ended({ history, plan, submitted, listed }) {
    const wrong: string[] = [];
    for (const { index, project, seed } of plan) {
      const id = submitted.get(index);
      if (id === undefined) {
        wrong.push(`submit ${index} was never answered`);
        continue;
      }
      if (!history.objects.has(KEYS.job(id))) wrong.push(`${id} was acknowledged and is gone`);
      if (history.latest(id)?.projectId !== projectName(project)) wrong.push(`${id} is not in its project`);
      if (!listed[project]?.has(id)) wrong.push(`${id} was acknowledged and is not listed`);
      const same = [...history.jobs.values()].filter((versions) => versions[0]?.job.seed === seed);
      if (same.length !== 1) wrong.push(`submit ${index} made ${same.length} jobs`);
    }
    return wrong;
  },
};
