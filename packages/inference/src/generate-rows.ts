/** Generation over many rows: micro-batches of similar length, handed to whichever runner is free. */
import type { DecoderGraphKind } from '@preheat/checkpoints';
import { checkOptions, checkRequests } from './check-generation.js';
import { batchFeeds, startBatch } from './decode-batch.js';
import type { DecoderGraphs } from './decoder-graphs.js';
import type { GeneratedRow, GenerateOptions, GenerateRequest } from './generation-types.js';
import type { GraphRunner } from './graph-runner.js';
import { planMicroBatches } from './micro-batches.js';
import { emissionFetches, readEmission } from './read-emission.js';
import { rowStream, rowUniforms } from './row-uniforms.js';

/**
 * One result a request, in the order of the requests.
 * @throws RangeError for requests or options outside the model's limits, NonFiniteLogitsError for broken weights, and
 *   the signal's reason when aborted.
 */
export async function generateRows(
  graphs: DecoderGraphs,
  requests: readonly GenerateRequest[],
  options: GenerateOptions,
): Promise<GeneratedRow[]> {
  checkOptions(graphs.config, options);
  checkRequests(graphs.config, requests, options.maxNewTokens);
  await graphs.ensure(graphKind(options));
  const lengths = requests.map(({ tokens }) => tokens.length);
  const calls = planMicroBatches(lengths, graphs.runners.length);
  const results = new Array<GeneratedRow>(requests.length);
  await spreadOver(graphs.runners, calls, async (runner, indices) => {
    options.signal?.throwIfAborted();
    const rows = await generateCall(
      graphs,
      runner,
      indices.map((index) => requests[index] as GenerateRequest),
      options,
    );
    indices.forEach((index, row) => {
      results[index] = rows[row] as GeneratedRow;
    });
  });
  return results;
}

/** The graph that reports what these options ask for. */
export function graphKind({ topLogProbs = 0 }: GenerateOptions): DecoderGraphKind {
  return topLogProbs > 0 ? 'generate-top' : 'generate';
}

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

async function generateCall(
  graphs: DecoderGraphs,
  runner: GraphRunner,
  requests: readonly GenerateRequest[],
  options: GenerateOptions,
): Promise<GeneratedRow[]> {
  const { config } = graphs;
  const { maxNewTokens, topLogProbs = 0, seed } = options;
  const batch = startBatch(
    config,
    requests.map(({ tokens }) => tokens),
  );
  const uniforms_BN = requests.map(({ key }) => rowUniforms(rowStream(seed, key), 0, maxNewTokens));
  const feeds = batchFeeds(config, batch, uniforms_BN, options);
  const result = await runner.run(graphKind(options), feeds, emissionFetches(topLogProbs));
  const stopIds = new Set(options.stopIds ?? [config.eos_token_id]);
  return requests.map((_, row) => readEmission(result, row, requests.length, stopIds, topLogProbs));
}
