import { needsReference, PREFERENCE_LOSSES } from '@preheat/nn';
import { describe, expect, it } from 'vitest';
import { RECIPES } from './catalog.js';
import { type DpoConfig, dpoEntry } from './dpo/config.js';
import { RUNTIMES } from './runtimes.js';

describe('the runtimes', () => {
  it('are exactly those of the catalog, under their own names', () => {
    expect(Object.keys(RUNTIMES).sort()).toEqual(RECIPES.map(({ name }) => name).sort());
    for (const [name, recipe] of Object.entries(RUNTIMES)) expect(recipe.name).toBe(name);
  });

  it('compare with a reference for the preference losses of which the catalog says so', () => {
    const told = PREFERENCE_LOSSES.filter((loss) => dpoEntry.hasReference({ loss_type: loss } as DpoConfig));
    expect(told).toEqual(PREFERENCE_LOSSES.filter(needsReference));
  });
});
