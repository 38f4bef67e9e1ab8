/**
 * What an answer is read as: partly what the model would have said at each place (Hua et al. 2024, the temporal residual
 * connection), or, by chance, whole tokens of it (Bengio et al. 2015, scheduled sampling).
 */
import type { InputMixture, TokenRecord } from '@preheat/nn';
import type { Random } from '@preheat/ports';
import type { IftConfig } from './config.js';

export type Residual = Pick<IftConfig, 'residual' | 'residual_mode'>;

/** @param progress From 0, the start of the phase, to 1, its last step. @param random For swaps, of the step. */
export function readAsWritten(
  { trainMask }: Pick<TokenRecord, 'trainMask'>,
  guesses: Int32Array,
  { residual, residual_mode: mode }: Residual,
  progress: number,
  random: Random,
): InputMixture {
  const shareOf = mode === 'blend' ? () => residual : () => (random.float() < residual * progress ? 1 : 0);
  return { tokens: guesses, share: Float32Array.from(trainMask, (trained, t) => (t > 0 && trained ? shareOf() : 0)) };
}
