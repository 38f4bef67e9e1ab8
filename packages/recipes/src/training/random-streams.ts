/** Seeds for the parts of a recipe, each a pure function of (job seed, purpose, step): no generator is ever advanced. */
import { CounterRandom, type Random } from '@preheat/ports';

/** Largest seed the inference side takes. */
const MAX_SEED = 2 ** 31 - 1;

export const streamOf = (seed: number, purpose: string): Random => CounterRandom.fromSeed(seed).fork(purpose);

/** A seed for one use. */
export const seedOf = (seed: number, purpose: string): number => streamOf(seed, purpose).int(MAX_SEED);
