/** How much of what supervised training computes is padding, on the real rows of a task and as the recipe reports it. */
import { freshDecoder } from '@preheat/checkpoints';
import { letterToSound, toChatRow } from '@preheat/tasks';
import { letterToSoundTokenizer, loadTokenizer } from '@preheat/tokenizer';
import { expect, it } from 'vitest';
import { curve, runPhase, runtimeOf, withPhase } from './recipe-bench.js';
import { modelConfig } from './reversal-task.js';

const ROWS = 2048;

it.each([32, 128])('stays below 15 %% on letter-to-sound rows in batches of %i', async (batchSize) => {
  const tokenizer = loadTokenizer(letterToSoundTokenizer());
  const model = { ...modelConfig, vocab_size: 160, max_position_embeddings: 64 };
  const items = letterToSound().train.slice(0, ROWS);
  const trainingRows = items.map((item) => ({ messages: [...toChatRow(item).messages] }));
  const config = { n_epochs: 1, batch_size: batchSize, max_sequence_length: 32, max_steps: 16 };
  const run = await withPhase({ recipe: 'sft', config, seed: 1, rows: ROWS }, (ctx) =>
    runPhase(
      runtimeOf('sft'),
      {
        ...ctx,
        tokenizer,
        modelConfig: model,
        initialWeights: freshDecoder(model, 1),
        trainingRows,
        validationRows: [],
      },
      undefined,
      false,
    ),
  );
  const padding = curve(run, 'padding_fraction');
  expect(padding).toHaveLength(16);
  expect(padding.reduce((sum, fraction) => sum + fraction, 0) / padding.length).toBeLessThan(0.15);
});
