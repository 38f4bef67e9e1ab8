/**
 * A LoRA adapter (Hu et al. 2021) in the terms of Python's `peft`: two low-rank matrices a linear module, and the settings
 * that say how they change its weight. Kinds of adapters whose arithmetic is another are refused when read.
 */
import type { TensorMap } from '../tensor.js';

export interface LoraConfig {
  /** Columns of B and rows of A. */
  readonly rank: number;
  /** The update is multiplied by alpha / rank. */
  readonly alpha: number;
  /** By alpha / √rank instead (Kalajdzievski 2023). */
  readonly usesRankStabilizedScale: boolean;
  readonly dropout: number;
  /** Names, or ends of names, of the modules: `q_proj`. */
  readonly targetModules: readonly string[];
  /** Other ranks and alphas, by module name, its end, or a pattern for it. */
  readonly rankPattern: Readonly<Record<string, number>>;
  readonly alphaPattern: Readonly<Record<string, number>>;
  /** Modules that were trained whole; their tensors replace the base's. */
  readonly modulesToSave: readonly string[];
  /** What the adapter was trained on. */
  readonly baseModel: string | null;
}

export interface LoraAdapter {
  readonly config: LoraConfig;
  /**
   * `<module>.lora_A.weight` [r, inputs] and `<module>.lora_B.weight` [outputs, r] by the module's name in the decoder
   * (`model.layers.0.self_attn.q_proj`), and whole tensors of modules in `modulesToSave` under their own names.
   */
  readonly tensors: TensorMap;
}

/** The files do not make up an adapter, or one that does not fit the model. */
export class LoraAdapterError extends Error {
  override readonly name = 'LoraAdapterError';
}

export const LORA_A = '.lora_A.weight';
export const LORA_B = '.lora_B.weight';

/** What the update B·A of a module of this rank is multiplied by. */
export function loraScale(config: LoraConfig, module: string, rank: number): number {
  const alpha = patternValue(config.alphaPattern, module) ?? config.alpha;
  return alpha / (config.usesRankStabilizedScale ? Math.sqrt(rank) : rank);
}

/** The rank that the settings give a module. */
export function loraRank(config: LoraConfig, module: string): number {
  return patternValue(config.rankPattern, module) ?? config.rank;
}

/** As in peft: a key fits a module whose name it is, or ends in after a dot. */
function patternValue(patterns: Readonly<Record<string, number>>, module: string): number | undefined {
  const key = Object.keys(patterns).find((pattern) => new RegExp(`^(.*\\.)?(${pattern})$`).test(module));
  return key === undefined ? undefined : patterns[key];
}
