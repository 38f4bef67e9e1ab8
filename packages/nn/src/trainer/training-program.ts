/**
 * The programs a trainer runs on one shape of micro-batch: loss with gradients, loss alone, and log-probabilities, values
 * or sketches of the logits of given tokens. Inputs are named here once; pack-micro-batch.ts fills them.
 */
import { LORA_A, LORA_B, type LoraConfig } from '@preheat/checkpoints';
import { type DecoderConfig, invariant } from '@preheat/contracts';
import { gradientOutput, gradients, GraphBuilder, ops, type Program, type Value, blocks } from '@preheat/graph';
import { declareAdapter } from '../adapter/declare-adapter.js';
import { decoderStates, logitsOf } from '../decoder/decoder.js';
import { declareDecoder, type DecoderParameters } from '../decoder/decoder-parameters.js';
import { declareValueHead, stateValues } from '../decoder/value-head.js';
import { crossEntropy, type LossTerm } from '../loss/cross-entropy.js';
import { type LossSpec, MAXIMUM, PER_TOKEN, type PolicyGradientSpec } from '../loss/loss-spec.js';
import { policyGradient, type PolicyTerm } from '../loss/policy-gradient.js';
import { tempered } from '../loss/tempered.js';
import { valueLoss } from '../loss/value-loss.js';

/**
 * Names of the fed tensors, [B, T] but for those of prefixes, [G, P]: tokens, targets, mixed tokens and the tokens of
 * prefixes i32, the others f32.
 */
export const FEEDS = {
  tokens: 'tokens',
  targets: 'targets',
  prefixTokens: 'prefixTokens',
  prefixPadding: 'prefixPadding',
  mixedTokens: 'mixedTokens',
  mixedShares: 'mixedShares',
  crossEntropyWeights: 'crossEntropyWeights',
  policyWeights: 'policyWeights',
  advantages: 'advantages',
  oldLogProbs: 'oldLogProbs',
  referenceLogProbs: 'referenceLogProbs',
  inverseTemperatures: 'inverseTemperatures',
  returns: 'returns',
  oldValues: 'oldValues',
} as const;

/** Names of a sketch of logits: what is fed, and the outputs. */
export const SKETCH = { projection: 'projection', gram: 'gram', projected: 'projected' } as const;

/** A decoder, and the adapter that is trained instead of its weights. */
export interface TrainedModel {
  readonly config: DecoderConfig;
  readonly lora: LoraConfig | null;
  /** Whether training computes every layer again in the backward pass instead of keeping what is in it. Default: no. */
  readonly recomputes?: boolean;
}

export interface ProgramShape {
  readonly batch: number;
  readonly length: number;
  /** Prefixes that rows go on from, see `MicroBatchPlan`. Default: rows are whole. */
  readonly prefixes?: { readonly count: number; readonly length: number };
  /** Whether inputs are mixtures (record/input-mixture.ts). Default: the tokens alone. */
  readonly mixesInputs?: boolean;
}

interface Draft {
  readonly graph: GraphBuilder;
  readonly parameters: DecoderParameters;
  readonly states_ND: Value;
  readonly logits_NV: Value;
  readonly targets_N: Value;
  readonly feed_N: (name: string) => Value;
  /** Declared only by programs that read it. */
  readonly valueHead: () => ReadonlyMap<string, Value>;
}

/**
 * Whether an update by this loss multiplies the inputs of the adapter by dropout masks. One by the policy gradient never
 * does: its ratios compare log-probabilities with those that the sampler drew from, whose adapter drops nothing.
 */
export const usesDropout = ({ lora }: TrainedModel, spec: LossSpec): boolean =>
  lora !== null && lora.dropout > 0 && spec.policyGradient === null;

/** How a program differs where it trains. */
interface TrainingDraft {
  readonly masksInputs: boolean;
}

/** @param training Null: nothing is trained. */
function draft(
  { config, lora, recomputes = false }: TrainedModel,
  shape: ProgramShape,
  training: TrainingDraft | null = null,
): Draft {
  const { batch, length, mixesInputs, prefixes } = shape;
  const graph = new GraphBuilder();
  const base = declareDecoder(graph, config);
  const maskedRows = training?.masksInputs ? batch * length : null;
  const parameters = lora ? declareAdapter(graph, base, config, lora, { maskedRows }) : base;
  const feed = (name: string, dtype: 'i32' | 'f32') => graph.input(name, dtype, [batch, length]);
  const flat = (x_BT: Value) => ops.reshape(x_BT, [batch * length]);
  const tokens_BT = feed(FEEDS.tokens, 'i32');
  const mixture = mixesInputs && {
    tokens_BT: feed(FEEDS.mixedTokens, 'i32'),
    shares_BT: feed(FEEDS.mixedShares, 'f32'),
  };
  const shared = prefixes && {
    tokens_GP: graph.input(FEEDS.prefixTokens, 'i32', [prefixes.count, prefixes.length]),
    padding_GP: graph.input(FEEDS.prefixPadding, 'f32', [prefixes.count, prefixes.length]),
  };
  const options = {
    mixture: mixture || null,
    prefixes: shared ?? null,
    recomputes: training !== null && recomputes,
  };
  const states_ND = decoderStates(parameters, config, tokens_BT, options);
  const logits_NV = logitsOf(parameters, config, states_ND);
  const targets_N = flat(feed(FEEDS.targets, 'i32'));
  let head: ReadonlyMap<string, Value> | undefined;
  const valueHead = () => (head ??= declareValueHead(graph, config));
  return { graph, parameters, states_ND, logits_NV, targets_N, feed_N: (name) => flat(feed(name, 'f32')), valueHead };
}

function lossTerms(parts: Draft, spec: LossSpec): (LossTerm | PolicyTerm)[] {
  const { logits_NV, targets_N, feed_N } = parts;
  const terms: (LossTerm | PolicyTerm)[] = [];
  if (spec.crossEntropy) terms.push(crossEntropy(logits_NV, targets_N, feed_N(FEEDS.crossEntropyWeights)));
  const weights_N = spec.policyGradient || spec.value ? feed_N(FEEDS.policyWeights) : null;
  if (spec.policyGradient && weights_N) {
    const inputs = {
      weights_N,
      advantages_N: feed_N(FEEDS.advantages),
      oldLogProbs_N: feed_N(FEEDS.oldLogProbs),
      ...(spec.policyGradient.klBeta > 0 ? { referenceLogProbs_N: feed_N(FEEDS.referenceLogProbs) } : {}),
      ...(spec.policyGradient.temperature === PER_TOKEN && {
        inverseTemperatures_N: feed_N(FEEDS.inverseTemperatures),
      }),
    };
    terms.push(policyGradient(logits_NV, targets_N, inputs, spec.policyGradient));
  }
  if (spec.value && weights_N) {
    const inputs = { weights_N, returns_N: feed_N(FEEDS.returns), oldValues_N: feed_N(FEEDS.oldValues) };
    terms.push(valueLoss(stateValues(parts.valueHead(), parts.states_ND), inputs, spec.value));
  }
  return terms;
}

function lossOutputs(terms: readonly (LossTerm | PolicyTerm)[]): Record<string, Value> & { loss: Value } {
  const [first, ...others] = terms.map(({ loss }) => loss);
  invariant(first, 'a loss needs at least one component');
  const policy = terms.find((term): term is PolicyTerm => MAXIMUM in term);
  return {
    loss: others.reduce((sum, loss) => ops.add(sum, loss), first),
    ...Object.assign({}, ...terms.map(({ sums }) => sums)),
    ...(policy ? { [MAXIMUM]: policy.logProbMismatch } : {}),
  };
}

/** Outputs: `loss`, the sums of loss-spec.ts that apply, and the gradient of every trained parameter. */
export function buildTrainingProgram(model: TrainedModel, shape: ProgramShape, spec: LossSpec): Program {
  const shaped = { ...shape, mixesInputs: spec.mixesInputs ?? false };
  const parts = draft(model, shaped, { masksInputs: usesDropout(model, spec) });
  const outputs = lossOutputs(lossTerms(parts, spec));
  const trained = [...trainedParameters(parts.parameters), ...(spec.value ? parts.valueHead() : [])];
  const found = gradients(
    outputs.loss,
    trained.map(([, value]) => value),
  );
  const named = trained.flatMap(([name], i) => {
    const gradient = found[i];
    return gradient ? [[gradientOutput(name), gradient] as const] : [];
  });
  return parts.graph.build({ outputs: { ...outputs, ...Object.fromEntries(named) } });
}

/** The matrices of the adapter, or else every weight. */
function trainedParameters({ tensors, updates }: DecoderParameters): (readonly [string, Value])[] {
  if (updates.size === 0) return [...tensors];
  return [...updates].flatMap(([module, { a, b }]) => [[module + LORA_A, a] as const, [module + LORA_B, b] as const]);
}

/** As the training program, without gradients and dropout. */
export function buildEvaluationProgram(model: TrainedModel, shape: ProgramShape, spec: LossSpec): Program {
  const parts = draft(model, { ...shape, mixesInputs: spec.mixesInputs ?? false });
  return parts.graph.build({ outputs: lossOutputs(lossTerms(parts, spec)) });
}

/** Output `logProbs` [B, T]: natural log-probabilities of the targets at the temperature, or at those that are fed. */
export function buildScoringProgram(
  model: TrainedModel,
  shape: ProgramShape,
  temperature: PolicyGradientSpec['temperature'],
): Program {
  const { graph, logits_NV, targets_N, feed_N } = draft(model, shape);
  const at = temperature === PER_TOKEN ? { inverse_N: feed_N(FEEDS.inverseTemperatures) } : temperature;
  const logProbs_N = blocks.tokenLogProb(tempered(logits_NV, at), targets_N);
  return graph.build({ outputs: { logProbs: ops.reshape(logProbs_N, [shape.batch, shape.length]) } });
}

/**
 * Output `errorNorms` [B, T]: the L2 norm of softmax minus one-hot of each target, √((1 − p)² + Σ q²) for the probability p of the
 * target and those q of the others. Their sum is a difference, which rounding must not make negative.
 */
export function buildErrorNormProgram(model: TrainedModel, shape: ProgramShape): Program {
  const { graph, logits_NV, targets_N } = draft(model, shape);
  const target_N = ops.exp(blocks.tokenLogProb(logits_NV, targets_N));
  const probabilities_NV = ops.softmax(logits_NV);
  const squares_N = ops.sum(ops.mul(probabilities_NV, probabilities_NV), { axes: [1] });
  const others_N = ops.maximum(ops.sub(squares_N, ops.mul(target_N, target_N)), 0);
  const missing_N = ops.sub(1, target_N);
  const norms_N = ops.sqrt(ops.add(ops.mul(missing_N, missing_N), others_N));
  return graph.build({ outputs: { errorNorms: ops.reshape(norms_N, [shape.batch, shape.length]) } });
}

/** Output `guesses` [B, T]: the most probable token at each target's place, as f32. */
export function buildGuessProgram(model: TrainedModel, shape: ProgramShape): Program {
  const { graph, logits_NV } = draft(model, shape);
  const guesses_N = ops.cast(ops.argMax(logits_NV), 'f32');
  return graph.build({ outputs: { guesses: ops.reshape(guesses_N, [shape.batch, shape.length]) } });
}

/** Output `values` [B, T]: what the value head says before each target. */
export function buildValueProgram(model: TrainedModel, shape: ProgramShape): Program {
  const { graph, states_ND, valueHead } = draft(model, shape);
  const values_N = stateValues(valueHead(), states_ND);
  return graph.build({ outputs: { values: ops.reshape(values_N, [shape.batch, shape.length]) } });
}

/**
 * Outputs of the logits L of every row, one row a position: `gram` [B, T, T], L·Lᵀ, and `projected` [B, T, width], L·P for
 * the input `projection` P [V, width].
 */
export function buildSketchProgram(model: TrainedModel, shape: ProgramShape, width: number): Program {
  const { graph, logits_NV } = draft(model, shape);
  const { batch, length } = shape;
  const { vocab_size: vocabulary } = model.config;
  const logits_BTV = ops.reshape(logits_NV, [batch, length, vocabulary]);
  const projection_VR = graph.input(SKETCH.projection, 'f32', [vocabulary, width]);
  const projected = ops.reshape(ops.matmul(logits_NV, projection_VR), [batch, length, width]);
  const gram = ops.matmul(logits_BTV, logits_BTV, { transposeB: true });
  return graph.build({ outputs: { [SKETCH.gram]: gram, [SKETCH.projected]: projected } });
}
