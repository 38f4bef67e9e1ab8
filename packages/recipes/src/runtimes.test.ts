import { needsReference, PREFERENCE_LOSSES } from '@preheat/nn';
import { describe, expect, it } from 'vitest';
import { idleReference, RECIPES } from './catalog.js';
import { RUNTIMES } from './runtimes.js';

describe('the runtimes', () => {
  it('are exactly those of the catalog, under their own names', () => {
    expect(Object.keys(RUNTIMES).sort()).toEqual(RECIPES.map(({ name }) => name).sort());
    for (const [name, recipe] of Object.entries(RUNTIMES)) expect(recipe.name).toBe(name);
  });

  it('compare with a reference for the preference losses of which the catalog says so', () => {
    const told = PREFERENCE_LOSSES.filter((loss) => idleReference('dpo', { loss_type: loss }) === null);
    expect(told).toEqual(PREFERENCE_LOSSES.filter(needsReference));
  });
});
