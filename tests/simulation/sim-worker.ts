/** A process of `npm run sim`: plays the seeds it is sent, chunk by chunk, and answers with those that failed. */
import { runSeed, type SeedFailure } from './run-seed.js';
import { Scenario } from './scenario.js';

export interface Chunk {
  readonly from: number;
  readonly count: number;
}

export interface ChunkDone extends Chunk {
  readonly failures: readonly SeedFailure[];
}

const scenario = Scenario.open();

// Ctrl-C reaches every process of a terminal: the run it is meant for ends after the chunks under way.
process.on('SIGINT', () => undefined);

process.on('message', ({ from, count }: Chunk) => {
  void play(from, count).then((failures) => process.send?.({ from, count, failures } satisfies ChunkDone));
});

async function play(from: number, count: number): Promise<SeedFailure[]> {
  const failures: SeedFailure[] = [];
  for (let seed = from; seed < from + count; seed++) {
    const failure = await runSeed(await scenario, seed);
    if (failure) failures.push(failure);
  }
  return failures;
}
