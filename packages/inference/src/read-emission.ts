/** Reads one row's new tokens out of the outputs of a decoding call. */
import type { DecodeForm } from '@preheat/checkpoints';
import type { Emission } from './decoding-row.js';
import type { Alternative, TokenAlternatives } from './generation-types.js';
import type { RunResult, WireTensors } from './graph-runner.js';
import { float32sOf, int64sOf } from './wire-tensors.js';

/** Outputs a decoding call must fetch. */
export function emissionFetches(form: DecodeForm): string[] {
  const always = ['tokens', 'log_probs'];
  return form === 'decode-top' ? [...always, 'full_log_probs', 'top_log_probs', 'top_ids'] : always;
}

/** @param rows rows of the call; outputs are token-major, `[tokens, rows, width]`. */
export function readEmission(
  { outputs, version }: RunResult,
  row: number,
  rows: number,
  topLogProbs: number,
): Emission {
  const tokens_NB = int64sOf(outputs, 'tokens');
  const logProbs_NB = float32sOf(outputs, 'log_probs');
  const length = tokens_NB.length / rows;
  return {
    tokens: Int32Array.from({ length }, (_, index) => Number(tokens_NB[index * rows + row])),
    logProbs: Float32Array.from({ length }, (_, index) => logProbs_NB[index * rows + row] as number),
    policyVersion: version,
    ...(topLogProbs > 0 && {
      alternatives: Array.from({ length }, (_, index) =>
        alternativesAt(outputs, float32sOf(outputs, 'full_log_probs'), index * rows + row, topLogProbs),
      ),
    }),
  };
}

/** What outputs say of the token at place `at`, of which there are as many as `own`, the tokens' own log-probabilities. */
export function alternativesAt(outputs: WireTensors, own: Float32Array, at: number, wanted: number): TokenAlternatives {
  const logProbs_NK = float32sOf(outputs, 'top_log_probs');
  const ids_NK = int64sOf(outputs, 'top_ids');
  const width = logProbs_NK.length / own.length;
  const top: Alternative[] = Array.from({ length: wanted }, (_, rank) => ({
    token: Number(ids_NK[at * width + rank]),
    logProb: logProbs_NK[at * width + rank] as number,
  }));
  return { logProb: own[at] as number, top };
}
