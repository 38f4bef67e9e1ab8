import { evaluateProgram, gradientOutput, gradients, GraphBuilder } from '@preheat/graph';
import { describe, expect, it } from 'vitest';
import { crossEntropy } from './cross-entropy.js';
import { PER_TOKEN, type PolicyGradientSpec } from './loss-spec.js';
import { policyGradient } from './policy-gradient.js';

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
// Constants of a graph are float32, which bounds the agreement.
const DIGITS = 6;
const close = (actual: ArrayLike<number> | undefined, expected: readonly number[]): void => {
  expect(actual?.length).toBe(expected.length);
  expected.forEach((x, i) => expect(actual?.[i]).toBeCloseTo(x, DIGITS));
};

/** Runs the cross-entropy of N rows over two tokens. */
function runCrossEntropy(logits: number[], targets: number[], weights: number[]) {
  const graph = new GraphBuilder();
  const count = targets.length;
  const logits_NV = graph.parameter('logits', [count, 2]);
  const term = crossEntropy(logits_NV, graph.input('targets', 'i32', [count]), graph.input('weights', 'f32', [count]));
  const [gradient] = gradients(term.loss, [logits_NV]);
  if (!gradient || !term.sums.correct) throw new Error('the loss lacks an output');
  const outputs = { loss: term.loss, correct: term.sums.correct, [gradientOutput('logits')]: gradient };
  return evaluateProgram(graph.build({ outputs }), { logits, targets, weights });
}

describe('crossEntropy', () => {
  it('equals the hand computation on two tokens', () => {
    const result = runCrossEntropy([1, 0, 0, 2], [0, 0], [0.25, 0.75]);
    const [p, q] = [sigmoid(1), sigmoid(-2)];
    close(result['loss'], [-0.25 * Math.log(p) - 0.75 * Math.log(q)]);
    close(result[gradientOutput('logits')], [0.25 * (p - 1), 0.25 * (1 - p), 0.75 * (q - 1), 0.75 * (1 - q)]);
    close(result['correct'], [1]);
  });

  it('gives a masked token exactly zero gradient and no part in the accuracy', () => {
    const result = runCrossEntropy([1, 0, 3, -2], [0, 0], [1, 0]);
    expect([...(result[gradientOutput('logits')] ?? [])].slice(2).map(Math.abs)).toEqual([0, 0]);
    close(result['correct'], [1]);
  });
});

interface PolicyRow {
  readonly logit: number;
  readonly target: 0 | 1;
  readonly advantage: number;
  readonly old: number;
  readonly reference?: number;
  /** Only with a temperature per token. */
  readonly temperature?: number;
}

const ON_POLICY: PolicyGradientSpec = {
  clipLow: 0.2,
  clipHigh: 0.3,
  dualClip: 0,
  temperature: 1,
  klBeta: 0,
  entropyBonus: 0,
};

/** Runs the policy gradient on rows whose two logits are (logit, 0). @param weights Default: 1/N each. */
function runPolicy(rows: PolicyRow[], spec: PolicyGradientSpec, weights = rows.map(() => 1 / rows.length)) {
  const graph = new GraphBuilder();
  const count = rows.length;
  const feed = (name: string) => graph.input(name, 'f32', [count]);
  const logits_NV = graph.parameter('logits', [count, 2]);
  const inputs = {
    weights_N: feed('weights'),
    advantages_N: feed('advantages'),
    oldLogProbs_N: feed('old'),
    ...(spec.klBeta > 0 ? { referenceLogProbs_N: feed('reference') } : {}),
    ...(spec.temperature === PER_TOKEN && { inverseTemperatures_N: feed('inverse') }),
  };
  const term = policyGradient(logits_NV, graph.input('targets', 'i32', [count]), inputs, spec);
  const [gradient] = gradients(term.loss, [logits_NV]);
  if (!gradient) throw new Error('the loss has no gradient');
  const outputs = { loss: term.loss, mismatch: term.logProbMismatch, ...term.sums, gradient };
  return evaluateProgram(graph.build({ outputs }), {
    logits: rows.flatMap(({ logit }) => [logit, 0]),
    targets: rows.map(({ target }) => target),
    weights,
    advantages: rows.map(({ advantage }) => advantage),
    old: rows.map(({ old }) => old),
    reference: rows.map(({ reference = 0 }) => reference),
    inverse: rows.map(({ temperature = 1 }) => 1 / temperature),
  });
}

describe('policyGradient', () => {
  const p = sigmoid(0.5);

  it('equals the hand computation of GRPO on two on-policy tokens', () => {
    const rows: PolicyRow[] = [
      { logit: 0.5, target: 0, advantage: 1, old: Math.log(p) },
      { logit: 0.5, target: 1, advantage: -1, old: Math.log(1 - p) },
    ];
    const result = runPolicy(rows, ON_POLICY);
    close(result['loss'], [0]);
    // d/dlogit of -½·A·π(target)/π_old at π = π_old is -½·A·d log π(target).
    close(result['gradient'], [-0.5 * (1 - p), 0.5 * (1 - p), -0.5 * p, 0.5 * p]);
    close(result['clipped'], [0]);
    close(result['kl'], [0]);
    close(result['mismatch'], [0]);
    close(result['entropy'], [2 * -(p * Math.log(p) + (1 - p) * Math.log(1 - p))]);
  });

  it('cuts the gradient beyond the bound that the advantage pushes against, and only there', () => {
    const ratio = (r: number) => Math.log(p) - Math.log(r);
    const rows: PolicyRow[] = [
      { logit: 0.5, target: 0, advantage: 2, old: ratio(1.4) },
      { logit: 0.5, target: 0, advantage: -2, old: ratio(1.4) },
      { logit: 0.5, target: 0, advantage: -2, old: ratio(0.7) },
      { logit: 0.5, target: 0, advantage: 2, old: ratio(1.25) },
    ];
    const result = runPolicy(rows, ON_POLICY);
    close(result['clipped'], [2]);
    const slope = (advantage: number, r: number) => -0.25 * advantage * r * (1 - p);
    const expected = [0, slope(-2, 1.4), 0, slope(2, 1.25)].flatMap((g) => [g, -g]);
    close(result['gradient'], expected);
    close(result['loss'], [-0.25 * (2 * 1.3 - 2 * 1.4 - 2 * 0.8 + 2 * 1.25)]);
    close(result['mismatch'], [-Math.log(0.7)]);
  });

  it('gives a masked token exactly zero gradient, however far it is from its sampler', () => {
    const row: PolicyRow = {
      logit: 0.5,
      target: 0,
      advantage: 2,
      old: Math.log(p) - 0.1,
      reference: Math.log(p) + 0.3,
    };
    const result = runPolicy([row, { ...row, logit: -3 }], { ...ON_POLICY, klBeta: 0.1 }, [1, 0]);
    expect([...(result['gradient'] ?? [])].slice(2).map(Math.abs)).toEqual([0, 0]);
    expect(result['gradient']?.[0]).not.toBe(0);
  });

  it('takes log-probabilities at the sampling temperature', () => {
    const cool = sigmoid(0.5 / 0.7);
    const row: PolicyRow = { logit: 0.5, target: 0, advantage: 1, old: Math.log(cool) };
    const result = runPolicy([row], { ...ON_POLICY, temperature: 0.7 });
    close(result['mismatch'], [0]);
    close(result['gradient'], [-(1 - cool) / 0.7, (1 - cool) / 0.7]);
  });

  it('takes each token at the temperature it was sampled at, as the hand computation with two of them', () => {
    const [warm, cool] = [sigmoid(0.5 / 1.25), sigmoid(0.5 / 0.5)];
    const rows: PolicyRow[] = [
      { logit: 0.5, target: 0, advantage: 1, old: Math.log(warm), temperature: 1.25 },
      { logit: 0.5, target: 1, advantage: 2, old: Math.log(1 - cool), temperature: 0.5 },
      { logit: 0.5, target: 1, advantage: 1, old: Math.log(1 - cool) - Math.log(1.1), temperature: 0.5 },
      { logit: 0.5, target: 1, advantage: 9, old: 0, temperature: 0.1 },
    ];
    const spec: PolicyGradientSpec = { ...ON_POLICY, temperature: PER_TOKEN, entropyBonus: 0.1 };
    const result = runPolicy(rows, spec, [0.25, 0.25, 0.25, 0]);
    const entropy = (q: number) => -(q * Math.log(q) + (1 - q) * Math.log(1 - q));
    close(result['loss'], [-0.25 * (1 + 2 + 1.1) - 0.025 * (entropy(warm) + 2 * entropy(cool))]);
    // d log π(0)/dlogit is (1 − π(0))/T, and that of the entropy −(logit/T)·π(0)·π(1)/T.
    const bonus = (q: number, temperature: number) => (0.025 * (0.5 / temperature) * q * (1 - q)) / temperature;
    const slopes = [
      (-0.25 * (1 - warm)) / 1.25 + bonus(warm, 1.25),
      (0.25 * 2 * cool) / 0.5 + bonus(cool, 0.5),
      (0.25 * 1.1 * cool) / 0.5 + bonus(cool, 0.5),
    ];
    close(
      result['gradient']?.slice(0, 6),
      slopes.flatMap((slope) => [slope, -slope]),
    );
    expect([...(result['gradient'] ?? [])].slice(6).map(Math.abs)).toEqual([0, 0]);
    close(result['mismatch'], [Math.log(1.1)]);
    close(result['entropy'], [entropy(warm) + 2 * entropy(cool)]);
  });

  it('has the gradient of its loss at temperatures of each token, by finite differences', () => {
    const rows = [0.3, -0.4, 0.8].map(
      (logit, i): PolicyRow => ({
        ...{ logit, target: i === 1 ? 1 : 0, advantage: i - 0.5, old: -0.7, reference: -0.6 },
        temperature: [0.6, 1, 1.7][i] ?? 1,
      }),
    );
    const spec: PolicyGradientSpec = { ...ON_POLICY, temperature: PER_TOKEN, entropyBonus: 0.05, klBeta: 0.1 };
    const wide = { ...spec, clipLow: 0.9, clipHigh: 9 };
    const found = runPolicy(rows, wide)['gradient'] ?? [];
    const lossAt = (at: number, by: number) =>
      runPolicy(
        rows.map((row, i) => (i === at ? { ...row, logit: row.logit + by } : row)),
        wide,
      )['loss']?.[0] ?? Number.NaN;
    rows.forEach((_, i) => {
      expect(found[2 * i]).toBeCloseTo((lossAt(i, 1e-3) - lossAt(i, -1e-3)) / 2e-3, 4);
    });
  });

  it('adds the k3 penalty towards the reference', () => {
    const row: PolicyRow = { logit: 0.5, target: 0, advantage: 0, old: Math.log(p), reference: Math.log(p) + 0.3 };
    const result = runPolicy([row], { ...ON_POLICY, klBeta: 0.1 });
    close(result['loss'], [0.1 * (Math.exp(0.3) - 0.3 - 1)]);
    close(result['referenceKl'], [Math.exp(0.3) - 0.3 - 1]);
    // d/dlogit of k3 is (1 - e^d)·d log π.
    const slope = 0.1 * (1 - Math.exp(0.3)) * (1 - p);
    close(result['gradient'], [slope, -slope]);
  });

  it('bounds how far an unlikely, bad token counts with a dual clip, and leaves good ones alone', () => {
    const ratio = (r: number) => Math.log(p) - Math.log(r);
    const row = (advantage: number, r: number): PolicyRow => ({ logit: 0.5, target: 0, advantage, old: ratio(r) });
    const result = runPolicy([row(-2, 5), row(-2, 2.5), row(2, 5)], { ...ON_POLICY, dualClip: 3 });
    // max(min(ρA, 1.3·A), 3·A) with A = −2: −6 beyond the bound, −5 inside; with A = 2 the ordinary 1.3·A.
    close(result['loss'], [-(1 / 3) * (-6 - 5 + 2.6)]);
    const slope = (1 / 3) * 2 * 2.5 * (1 - p);
    close(
      result['gradient'],
      [0, 0, slope, -slope, 0, 0].map((g) => g + 0),
    );
    close(result['clipped'], [2]);
  });

  it('rewards entropy with the bonus', () => {
    const row: PolicyRow = { logit: 0.5, target: 0, advantage: 0, old: Math.log(p) };
    const result = runPolicy([row, { ...row, logit: -1 }], { ...ON_POLICY, entropyBonus: 0.1 }, [0.25, 0]);
    const entropy = -(p * Math.log(p) + (1 - p) * Math.log(1 - p));
    close(result['loss'], [-0.1 * 0.25 * entropy]);
    // dH/dlogit = −p(1 − p)·logit for two outcomes.
    const slope = 0.1 * 0.25 * p * (1 - p) * 0.5;
    close(result['gradient'], [slope, -slope, 0, 0]);
  });

  it('equals the cross-entropy where every advantage is 1 and the policy is the one that sampled', () => {
    const rows = [0.5, -1.5, 2].map((logit): PolicyRow => {
      const target = logit > 1 ? 1 : 0;
      return { logit, target, advantage: 1, old: Math.log(sigmoid(target === 0 ? logit : -logit)) };
    });
    const reinforced = runPolicy(rows, ON_POLICY);
    const logits = rows.flatMap(({ logit }) => [logit, 0]);
    const targets = rows.map(({ target }) => target);
    const imitated = runCrossEntropy(logits, targets, [1 / 3, 1 / 3, 1 / 3]);
    close(reinforced['gradient'], [...(imitated[gradientOutput('logits')] ?? [])]);
  });
});
