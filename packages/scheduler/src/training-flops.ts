/**
 * Floating-point operations of training, from the config alone: two for each weight of a matrix in the forward pass and
 * four in the backward pass (Kaplan et al. 2020, section 2.1), and those of attention, which grow with the row.
 */
import { type DecoderConfig, decoderTensors } from '@preheat/contracts';

export interface TrainingFlopsRequest {
  readonly config: DecoderConfig;
  /** Of a row, in tokens. */
  readonly length: number;
  /** Whether an adapter is trained: the gradient of a frozen matrix is not computed. */
  readonly adapter: boolean;
  /** Optimiser passes over each token. */
  readonly passes: number;
  /** Whether layers are computed again in the backward pass. */
  readonly recomputes: boolean;
}

/** Of one token, trained on. */
export function trainingFlops({ config, length, adapter, passes, recomputes }: TrainingFlopsRequest): number {
  return ((adapter ? 2 : 3) + Number(recomputes)) * passes * forwardFlops(config, length);
}

/** Of one token through the model, as sampling and scoring take it. */
export function forwardFlops(config: DecoderConfig, length: number): number {
  const { num_hidden_layers: layers, num_attention_heads: heads, head_dim: headDim } = config;
  const { vocab_size: vocabulary, hidden_size: width } = config;
  const matrices = decoderTensors(config).filter(({ shape }) => shape.length === 2);
  const weights = matrices.reduce((sum, { shape }) => sum + (shape[0] ?? 0) * (shape[1] ?? 0), 0);
  // The table of tokens is looked up, not multiplied by, unless it is also the head.
  const lookedUp = config.tie_word_embeddings ? 0 : vocabulary * width;
  return 2 * (weights - lookedUp) + 4 * layers * heads * headDim * length;
}
