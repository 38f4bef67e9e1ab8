/** Reads one row's new tokens out of the outputs of a generation call. */
import { float32s, int64s } from './decode-batch.js';
import type { Alternative, GeneratedRow, TokenAlternatives } from './generation-types.js';
import type { RunResult, WireTensors } from './graph-runner.js';

/** The weights are broken: a probability came out as NaN or infinite, so every token drawn is meaningless. */
export class NonFiniteLogitsError extends Error {
  override readonly name = 'NonFiniteLogitsError';
}

/** Outputs every generation call must fetch. */
export function emissionFetches(topLogProbs: number): string[] {
  const always = ['tokens', 'log_probs', 'lengths'];
  return topLogProbs > 0 ? [...always, 'full_log_probs', 'top_log_probs', 'top_ids'] : always;
}

/**
 * @param rows rows of the call; outputs are token-major, `[tokens, rows]`.
 * @throws NonFiniteLogitsError when the model produced NaN or infinite log-probabilities.
 */
export function readEmission(
  { outputs, version }: RunResult,
  row: number,
  rows: number,
  stopIds: ReadonlySet<number>,
  topLogProbs: number,
): GeneratedRow {
  const count = Number(int64s(outputs, 'lengths')[row]);
  const tokens_NB = int64s(outputs, 'tokens');
  const logProbs_NB = float32s(outputs, 'log_probs');
  const tokens = Int32Array.from({ length: count }, (_, index) => Number(tokens_NB[index * rows + row]));
  const logProbs = Float32Array.from({ length: count }, (_, index) => logProbs_NB[index * rows + row] as number);
  const broken = logProbs.findIndex((value) => !Number.isFinite(value));
  if (broken >= 0) {
    throw new NonFiniteLogitsError(
      `token ${broken} of a row has log-probability ${logProbs[broken]}: the weights (version ${version}) are not usable`,
    );
  }
  const stopped = count > 0 && stopIds.has(tokens[count - 1] as number);
  return {
    tokens,
    logProbs,
    finishReason: stopped ? 'stop' : 'length',
    policyVersion: version,
    ...(topLogProbs > 0 && { alternatives: readAlternatives(outputs, row, rows, count, topLogProbs) }),
  };
}

function readAlternatives(
  outputs: WireTensors,
  row: number,
  rows: number,
  count: number,
  wanted: number,
): TokenAlternatives[] {
  const own_NB = float32s(outputs, 'full_log_probs');
  const logProbs_NBK = float32s(outputs, 'top_log_probs');
  const ids_NBK = int64s(outputs, 'top_ids');
  const width = own_NB.length === 0 ? 0 : logProbs_NBK.length / own_NB.length;
  return Array.from({ length: count }, (_, index) => {
    const at = index * rows + row;
    const top: Alternative[] = Array.from({ length: wanted }, (_unused, rank) => ({
      token: Number(ids_NBK[at * width + rank]),
      logProb: logProbs_NBK[at * width + rank] as number,
    }));
    return { logProb: own_NB[at] as number, top };
  });
}
