/** Chooses rows so that combinations of skills are uniform: the k-subsets of the paper, whatever order a row applies them in. */
import type { Random } from '@preheat/ports';
import type { TrainingRow } from '../recipe.js';

/** Key of a row that lists the skills it shows. */
export const SKILLS_KEY = 'skills';

export function mixSkills(rows: readonly TrainingRow[], k: number, examples: number, random: Random): TrainingRow[] {
  const byCombination = new Map<string, TrainingRow[]>();
  for (const row of rows) {
    const skills = skillsOf(row);
    if (skills.length !== k) continue;
    const combination = [...skills].sort().join(' ');
    const own = byCombination.get(combination);
    if (own) own.push(row);
    else byCombination.set(combination, [row]);
  }
  const left = [...byCombination.keys()].sort().map((combination) => byCombination.get(combination) ?? []);
  const chosen: TrainingRow[] = [];
  // One of each combination in turn; those that run out leave their share to the others.
  while (chosen.length < examples && left.some((own) => own.length > 0)) {
    for (const own of left) {
      if (own.length === 0 || chosen.length >= examples) continue;
      chosen.push(own.splice(random.int(own.length), 1)[0] as TrainingRow);
    }
  }
  return chosen;
}

export function combinations(rows: readonly TrainingRow[]): number {
  return new Set(rows.map((row) => [...skillsOf(row)].sort().join(' '))).size;
}

function skillsOf(row: TrainingRow): string[] {
  const skills = row[SKILLS_KEY];
  return Array.isArray(skills) ? skills.map(String) : [];
}
