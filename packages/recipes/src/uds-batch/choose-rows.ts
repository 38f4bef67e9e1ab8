/** Score: what a forward pass makes of the candidates decides which of them go through the backward pass. */
import { firstTrained, nuclearNorm, type TokenRecord, type Trainer } from '@preheat/nn';
import type { RecipeContext } from '../recipe.js';
import type { Candidates, Selection } from '../sft/row-selection.js';
import { seedOf, streamOf } from '../training/random-streams.js';
import { topRows } from '../training/top-rows.js';
import type { UdsConfig } from './config.js';
import { meanDistance, remember } from './kept-memory.js';
import { type Projection, projectionOf, sketchOf } from './sketch-rows.js';

/** Of one phase, which has one trainer; large, and not free to make. */
const projections = new WeakMap<Trainer, Projection>();

export async function chooseRows(ctx: RecipeContext<UdsConfig>, candidates: Candidates): Promise<Selection> {
  const { config, seed } = ctx;
  const { records, memory, step, trainer } = candidates;
  const count = Math.round(config.keep_fraction * records.length);
  const chosen = (scores: readonly number[]) => {
    const places = topRows(scores, count);
    return { places, metrics: { candidate_rows: records.length, chosen_rows: places.length } };
  };
  if (config.selection === 'random') {
    const random = streamOf(seed, `uds-batch random ${step}`);
    return { ...chosen(records.map(() => random.float())), memory };
  }
  if (config.selection === 'max_loss') return { ...chosen(await losses(trainer, records)), memory };
  const judged = await judge(ctx, candidates);
  const { places, metrics } = chosen(judged.map(({ utility, diversity }) => scoreOf(utility, diversity, config)));
  const sketches = places.flatMap((place) => judged[place]?.sketch ?? []);
  const of = (measure: 'utility' | 'diversity', among: readonly Judged[]) =>
    among.reduce((sum, each) => sum + each[measure], 0) / Math.max(1, among.length);
  const kept = places.flatMap((place) => judged[place] ?? []);
  return {
    places,
    memory: remember(memory, sketches, config.memory_size),
    metrics: {
      ...metrics,
      candidate_utility: of('utility', judged),
      chosen_utility: of('utility', kept),
      candidate_diversity: of('diversity', judged),
      chosen_diversity: of('diversity', kept),
      remembered_rows: memory?.shape[0] ?? 0,
    },
  };
}

function scoreOf(utility: number, diversity: number, { selection, diversity_weight: weight }: UdsConfig): number {
  if (selection === 'utility') return utility;
  return selection === 'diversity' ? diversity : utility + weight * diversity;
}

interface Judged {
  /** Nuclear norm of the row's logits. */
  readonly utility: number;
  /** Mean distance of its sketch to those remembered. */
  readonly diversity: number;
  readonly sketch: Float32Array;
}

async function judge(ctx: RecipeContext<UdsConfig>, { trainer, records, memory }: Candidates): Promise<Judged[]> {
  const projection = projections.get(trainer) ?? drawProjection(ctx);
  projections.set(trainer, projection);
  const tokens = records.map((record) => record.tokens);
  const sketches = await trainer.logitSketches(tokens, projection.vocabulary_VC, projection.columns);
  const judged: Judged[] = [];
  for (const each of sketches) {
    // A norm of a long row takes seconds, in which the heartbeats of this thread must not stop.
    await new Promise((resolve) => setImmediate(resolve));
    ctx.signal.throwIfAborted();
    const sketch = sketchOf(each, projection);
    const utility = nuclearNorm(each.gram_TT, each.positions);
    judged.push({ utility, diversity: meanDistance(sketch, memory), sketch });
  }
  return judged;
}

function drawProjection({ config, seed, modelConfig }: RecipeContext<UdsConfig>): Projection {
  const shape = { rows: config.sketch_rows, columns: config.sketch_columns };
  const sizes = { vocabulary: modelConfig.vocab_size, positions: config.max_sequence_length };
  return projectionOf(seedOf(seed, 'uds-batch projection'), shape, sizes);
}

/** Mean loss of the trained tokens of every row. */
async function losses(trainer: Trainer, records: readonly TokenRecord[]): Promise<number[]> {
  const scores = await trainer.logProbs(
    records.map(({ tokens }) => tokens),
    1,
    { firsts: records.map(firstTrained) },
  );
  return records.map(({ trainMask }, row) => {
    const trained = [...(scores[row] ?? [])].filter((_, t) => t > 0 && trainMask[t]);
    return -trained.reduce((sum, logProb) => sum + logProb, 0) / Math.max(1, trained.length);
  });
}
