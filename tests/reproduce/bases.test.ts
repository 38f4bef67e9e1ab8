/** The definitions of the bases: that they can be trained and measured as they are written, before hours go into it. */
import { check } from '@preheat/contracts';
import { recipeNamed } from '@preheat/recipes/catalog';
import { loadTokenizer } from '@preheat/tokenizer';
import { describe, expect, it } from 'vitest';
import { baseDecoder, readBases, taskTokenizer } from './bases.js';
import { RowSource } from './experiment.js';
import { suiteItems, trainingFile } from './make-rows.js';

const tokenizer = loadTokenizer(taskTokenizer());
/** Of each source and suite: what does not fit shows in few. */
const LOOKED_AT = 60;

describe.each(Object.entries(readBases()))('%s', (name, base) => {
  const { max_position_embeddings: context } = baseDecoder(name);
  const { step, suites } = base;

  it('is trained by settings that its recipe takes, to the end of the rows', () => {
    const rows = step.data.reduce((sum, source) => sum + source.rows, 0);
    const recipe = recipeNamed(step.algorithm);
    const config = recipe?.resolveConfig(step.hyperparameters, { rows, model: baseDecoder(name) });
    expect(config).toMatchObject({ ok: true });
    expect(step.data.every((source) => check(RowSource, source).ok)).toBe(true);
  });

  it('has rows that fit its context, whole', () => {
    for (const source of step.data) {
      const lines = trainingFile([{ ...source, rows: LOOKED_AT }], base.seed).split('\n');
      const rows = lines.filter((line) => line !== '').map((line) => JSON.parse(line) as { messages: never[] });
      for (const { messages } of rows) {
        const { tokens } = tokenizer.encodeChat(messages);
        expect(tokens.length, JSON.stringify(source)).toBeLessThanOrEqual(context);
      }
    }
  });

  it('is measured on each task that it saw, with room for the answers', () => {
    const seen = new Set(step.data.flatMap((source) => ('task' in source ? [source.task] : [])));
    expect(new Set(Object.values(suites).map(({ task }) => task))).toEqual(seen);
    for (const suite of Object.values(suites)) {
      for (const { prompt } of suiteItems({ ...suite, items: LOOKED_AT })) {
        const asked = tokenizer.encodePrompt([{ role: 'user', content: prompt }]);
        expect(asked.length + suite.max_tokens, suite.task).toBeLessThanOrEqual(context);
      }
    }
  });
});
