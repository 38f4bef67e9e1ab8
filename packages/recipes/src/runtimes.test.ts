import { describe, expect, it } from 'vitest';
import { RECIPES } from './catalog.js';
import { RUNTIMES } from './runtimes.js';

describe('the runtimes', () => {
  it('are exactly those of the catalog, under their own names', () => {
    expect(Object.keys(RUNTIMES).sort()).toEqual(RECIPES.map(({ name }) => name).sort());
    for (const [name, recipe] of Object.entries(RUNTIMES)) expect(recipe.name).toBe(name);
  });
});
