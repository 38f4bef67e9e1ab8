/** Arranges rows by ability into the stages of a strategy (Dong et al. 2024, section 3.3). */
import type { Random } from '@preheat/ports';
import type { TrainingRow } from '../recipe.js';
import type { DmtConfig } from './config.js';

/** Key of a row that names the ability it teaches. */
export const ABILITY_KEY = 'ability';
/** The ability that is trained last; also that of rows which name none. */
export const GENERAL = 'general';

export function composeStages(
  rows: readonly TrainingRow[],
  { strategy, specialised_fraction: fraction }: Pick<DmtConfig, 'strategy' | 'specialised_fraction'>,
  random: Random,
): TrainingRow[][] {
  const byAbility = new Map<unknown, TrainingRow[]>();
  for (const row of rows) {
    const ability = row[ABILITY_KEY] ?? GENERAL;
    const own = byAbility.get(ability);
    if (own) own.push(row);
    else byAbility.set(ability, [row]);
  }
  const general = byAbility.get(GENERAL) ?? [];
  const specialised = [...byAbility].filter(([ability]) => ability !== GENERAL).map(([, own]) => own);
  switch (strategy) {
    case 'multi_task':
      return [[...rows]];
    case 'sequential':
      return [...specialised, general];
    case 'mixed_sequential':
      return [specialised.flat(), general];
    case 'dmt':
      return [specialised.flat(), [...general, ...specialised.flatMap((own) => drawn(own, fraction, random))]];
  }
}

/** That share of the rows, rounded, without replacement. */
function drawn(rows: readonly TrainingRow[], fraction: number, random: Random): TrainingRow[] {
  const left = [...rows];
  const count = Math.round(rows.length * fraction);
  return Array.from({ length: count }, () => left.splice(random.int(left.length), 1)[0] as TrainingRow);
}
