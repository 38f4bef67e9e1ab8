/** Spreads pieces of work over runners, so that none waits while another still has work before it. */
import type { GraphRunner } from './graph-runner.js';

/** Lets every runner take the next piece of work when it has finished one. The first failure stops all of them. */
export async function spreadOver<T>(
  runners: readonly GraphRunner[],
  work: readonly T[],
  execute: (runner: GraphRunner, item: T) => Promise<void>,
): Promise<void> {
  const waiting = [...work];
  const drain = async (runner: GraphRunner): Promise<void> => {
    try {
      for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await execute(runner, item);
    } catch (error) {
      waiting.length = 0;
      throw error;
    }
  };
  await Promise.all(runners.map(drain));
}
