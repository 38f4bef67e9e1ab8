import { evaluateProgram, gradients, GraphBuilder } from '@preheat/graph';
import { expect, it } from 'vitest';
import { valueLoss } from './value-loss.js';

/** [value, return, old value, weight] a token. */
function run(tokens: readonly (readonly [number, number, number, number])[], clip: number) {
  const graph = new GraphBuilder();
  const feed = (name: string) => graph.input(name, 'f32', [tokens.length]);
  const values_N = graph.parameter('values', [tokens.length]);
  const inputs = { returns_N: feed('returns'), oldValues_N: feed('old'), weights_N: feed('weights') };
  const { loss, sums } = valueLoss(values_N, inputs, { coefficient: 0.5, clip });
  const [gradient] = gradients(loss, [values_N]);
  if (!gradient) throw new Error('the loss has no gradient');
  const [values, returns, old, weights] = [0, 1, 2, 3].map((k) => tokens.map((token) => token[k] ?? 0));
  const feeds = { values: values ?? [], returns: returns ?? [], old: old ?? [], weights: weights ?? [] };
  return evaluateProgram(graph.build({ outputs: { loss, gradient, ...sums } }), feeds);
}
const close = (actual: ArrayLike<number> | undefined, expected: readonly number[]): void => {
  expect(actual?.length).toBe(expected.length);
  expected.forEach((x, i) => expect(actual?.[i]).toBeCloseTo(x, 6));
};

it('equals a computation by hand: inside the clip, beyond it towards the return, beyond it away from it, masked', () => {
  const result = run(
    [
      [0.6, 1, 0.5, 0.25],
      [0.9, 1, 0.5, 0.25],
      [-0.5, 1, 0.5, 0.25],
      [9, 1, 0.5, 0],
    ],
    0.2,
  );
  // Errors 0.4², max(0.1², 0.3²) with a value held at 0.7, and 1.5² which is worse than 0.7².
  close(result['loss'], [0.5 * 0.5 * 0.25 * (0.16 + 0.09 + 2.25)]);
  close(result['gradient'], [0.5 * 0.25 * -0.4, 0, 0.5 * 0.25 * -1.5, 0]);
  close(result['valueError'], [0.16 + 0.01 + 2.25]);
  close(result['valueClipped'], [1]);
});

it('is the plain squared error without a clip', () => {
  const result = run([[0.9, 1, 0.5, 1]], 0);
  close(result['loss'], [0.5 * 0.5 * 0.01]);
  close(result['gradient'], [0.5 * -0.1]);
});
