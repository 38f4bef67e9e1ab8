import { type DecoderConfig, decoderTensors } from '@preheat/contracts';
import { describe, expect, it } from 'vitest';
import { assertDecoderTensors, type Tensor } from './tensor.js';

const CONFIG: DecoderConfig = {
  model_type: 'llama',
  vocab_size: 5,
  hidden_size: 4,
  intermediate_size: 6,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  num_key_value_heads: 1,
  head_dim: 2,
  max_position_embeddings: 8,
  rope_theta: 100,
  rms_norm_eps: 1e-5,
  tie_word_embeddings: true,
  bos_token_id: null,
  eos_token_id: 1,
  pad_token_id: null,
};

function zeros(): Map<string, Tensor> {
  const lengthOf = (shape: readonly number[]) => shape.reduce((product, size) => product * size, 1);
  return new Map(
    decoderTensors(CONFIG).map(({ name, shape }) => [name, { shape, data: new Float32Array(lengthOf(shape)) }]),
  );
}

describe('assertDecoderTensors', () => {
  it('accepts exactly the tensors of the decoder', () => {
    expect(() => assertDecoderTensors(CONFIG, zeros())).not.toThrow();
  });

  it('names what is missing, misshapen or unknown', () => {
    const missing = zeros();
    missing.delete('model.norm.weight');
    expect(() => assertDecoderTensors(CONFIG, missing)).toThrow('tensor "model.norm.weight" [4] is missing');
    const misshapen = zeros().set('model.norm.weight', { shape: [5], data: new Float32Array(5) });
    expect(() => assertDecoderTensors(CONFIG, misshapen)).toThrow(
      'tensor "model.norm.weight" must be [4], got [5] with 5 elements',
    );
    const unknown = zeros().set('lm_head.weight', { shape: [5, 4], data: new Float32Array(20) });
    expect(() => assertDecoderTensors(CONFIG, unknown)).toThrow('tensor "lm_head.weight" is not part of this decoder');
  });
});
