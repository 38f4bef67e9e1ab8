import { expect, it } from 'vitest';
import type { RecipeContext } from '../recipe.js';
import type { TldrConfig } from './config.js';
import { tldrLength } from './recipe.js';

it('refuses a level that there is not before it opens a model', async () => {
  const messages = [{ role: 'user' as const, content: 'x' }];
  const trainingRows = [
    { messages, level: 'short' },
    { messages, level: 'brief' },
  ];
  const ctx = { config: { level_key: 'level' }, trainingRows } as unknown as RecipeContext<TldrConfig>;
  await expect(tldrLength.init(ctx)).rejects.toThrow('"level" of a row is "brief"; it takes short, medium, long');
});
