/**
 * The names under which files store a decoder's tensors. Some tools leave out the outer module (`h.0.…` for
 * `transformer.h.0.…`), and some files keep what is no weight: tables that are computed, and a tied head.
 */
import { type DecoderConfig, decoderTensors, type TensorSpec } from '@preheat/contracts';

/** Buffers that transformers computes itself: rotation frequencies, GPT-2's causal mask. */
const BUFFERS = /(\.rotary_emb\.inv_freq|\.attn\.(bias|masked_bias))$/;
/** The head, where it is stored although it is the embedding. */
export const TIED_HEAD = 'lm_head.weight';

export interface StoredNames {
  readonly specs: ReadonlyMap<string, TensorSpec>;
  /** What a stored tensor is: its name in the decoder, `ignored`, or undefined when it belongs to no part of it. */
  roleOf(stored: string): { readonly name: string } | 'ignored' | undefined;
}

export function storedNames(config: DecoderConfig): StoredNames {
  const specs = new Map(decoderTensors(config).map((spec) => [spec.name, spec]));
  const [outer] = ([...specs.keys()][0] ?? '').split('.');
  return {
    specs,
    roleOf: (stored) => {
      if (specs.has(stored)) return { name: stored };
      if (specs.has(`${outer}.${stored}`)) return { name: `${outer}.${stored}` };
      const isTiedHead = stored === TIED_HEAD && config.tie_word_embeddings;
      return isTiedHead || BUFFERS.test(stored) ? 'ignored' : undefined;
    },
  };
}
