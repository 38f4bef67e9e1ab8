import { ggufAllShards } from '@huggingface/gguf';
import { type DecoderConfig, decoderTensors } from '@preheat/contracts';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { freshDecoder } from '../fresh-decoder.js';
import { float16ToFloat32, float32ToFloat16 } from '../safetensors/half-floats.js';
import { GgufError } from './gguf-format.js';
import { ggufMetadata } from './gguf-metadata.js';
import { fromGgufTensors, ggufConfig, ggufName, toGgufTensors } from './gguf-tensors.js';
import { ggufTokenizer } from './gguf-tokenizer.js';
import { readGguf } from './read-gguf.js';
import { ggufPieces } from './write-gguf.js';

const CONFIG = {
  model_type: 'llama',
  vocab_size: 7,
  hidden_size: 8,
  intermediate_size: 12,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  num_key_value_heads: 1,
  head_dim: 4,
  max_position_embeddings: 16,
  rope_theta: 500,
  rms_norm_eps: 1e-5,
  tie_word_embeddings: false,
  bos_token_id: null,
  eos_token_id: 1,
  pad_token_id: 0,
} satisfies DecoderConfig;

const byteLevelJson = {
  added_tokens: [{ id: 5, content: '<|end|>', special: true }],
  pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, use_regex: true },
  model: { type: 'BPE', vocab: { a: 0, b: 1, ab: 2, Ġ: 3, Ġa: 4 }, merges: [['a', 'b'], 'Ġ a'] },
};
const source = (tokenizerJson: object) => ({
  tokenizerJson: { ...tokenizerJson },
  tokenizerConfig: { chat_template: '{{ 1 }}' },
});
const NAMES = decoderTensors(CONFIG).map(({ name }) => name);

function file(dtype: 'F32' | 'F16' = 'F32'): Uint8Array {
  const metadata = ggufMetadata(CONFIG, source(byteLevelJson), { name: 'tiny', dtype });
  return new Uint8Array(
    Buffer.concat([...ggufPieces(metadata, toGgufTensors(CONFIG, freshDecoder(CONFIG, 2)), dtype)]),
  );
}

describe('gguf', () => {
  it('gives back the tensors that were written', () => {
    const { tensors } = readGguf(file());
    expect(fromGgufTensors(CONFIG, NAMES, tensors)).toEqual(freshDecoder(CONFIG, 2));
  });

  it('rounds matrices to float16 and keeps vectors', () => {
    const original = freshDecoder(CONFIG, 2);
    const read = fromGgufTensors(CONFIG, NAMES, readGguf(file('F16')).tensors);
    for (const [name, { shape, data }] of original) {
      const expected = shape.length === 1 ? data : float16ToFloat32(float32ToFloat16(data));
      expect(read.get(name)?.data, name).toEqual(expected);
    }
  });

  it('puts the rows of a head’s halves beside each other, as llama.cpp rotates them', () => {
    const rows = (values: number[]) => ({ shape: [8, 1], data: Float32Array.from(values) });
    const name = 'model.layers.0.self_attn.q_proj.weight';
    const stored = toGgufTensors(CONFIG, new Map([[name, rows([0, 1, 2, 3, 4, 5, 6, 7])]]));
    expect(stored).toEqual(new Map([['blk.0.attn_q.weight', rows([0, 2, 1, 3, 4, 6, 5, 7])]]));
    expect(() => ggufName('model.layers.0.mlp.router.weight')).toThrow('llama.cpp has no name');
  });

  it('is read alike by an independent reader', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'preheat-gguf-'));
    try {
      const path = join(folder, 'model.gguf');
      writeFileSync(path, file('F16'));
      const { shards } = await ggufAllShards(path, { allowLocalFile: true });
      const [shard] = shards;
      expect(shard?.metadata).toMatchObject({
        version: 3,
        'general.architecture': 'llama',
        'general.file_type': 1,
        'llama.block_count': 2,
        'llama.rope.freq_base': 500,
        'tokenizer.ggml.model': 'gpt2',
        'tokenizer.ggml.pre': 'gpt-2',
        'tokenizer.ggml.merges': ['a b', 'Ġ a'],
        'tokenizer.ggml.tokens': ['a', 'b', 'ab', 'Ġ', 'Ġa', '<|end|>', '[PAD6]'],
        'tokenizer.ggml.token_type': [1, 1, 1, 1, 1, 3, 5],
        'tokenizer.ggml.eos_token_id': 1,
        'tokenizer.chat_template': '{{ 1 }}',
      });
      const infos = Object.fromEntries(
        (shard?.tensorInfos ?? []).map(({ name, shape, dtype }) => [name, [shape.map(Number), dtype]]),
      );
      expect(infos['blk.1.ffn_gate.weight']).toEqual([[8, 12], 1]);
      expect(infos['output_norm.weight']).toEqual([[8], 0]);
      expect(Object.keys(infos)).toHaveLength(NAMES.length);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('says where a file is damaged', () => {
    const whole = file();
    expect(() => readGguf(whole.subarray(0, -40))).toThrow('it was cut off'.replace('it', 'the file'));
    expect(() => readGguf(whole.subarray(0, 20))).toThrow(GgufError);
    expect(() => readGguf(whole.subarray(4))).toThrow('not a GGUF file');
  });
});

describe('a model in a gguf', () => {
  it('of Llama 3 carries the factor of every frequency', () => {
    const rope_scaling = {
      rope_type: 'llama3',
      factor: 8,
      low_freq_factor: 1,
      high_freq_factor: 4,
      original_max_position_embeddings: 6,
    } as const;
    const factors = toGgufTensors({ ...CONFIG, rope_scaling }, new Map()).get('rope_freqs.weight');
    // One turn in 2π positions: about one in the six of pre-training, and one in 22 times as many.
    expect(factors?.shape).toEqual([2]);
    expect([...(factors?.data ?? [])]).toEqual([8, 8]);
    const long = { ...rope_scaling, original_max_position_embeddings: 8192 };
    expect(toGgufTensors({ ...CONFIG, rope_scaling: long }, new Map()).get('rope_freqs.weight')?.data[0]).toBe(1);
    expect(toGgufTensors(CONFIG, new Map()).size).toBe(0);
  });

  it.each<[Partial<DecoderConfig>, string]>([
    [{ model_type: 'gpt2' }, 'a gpt2 model cannot be written as GGUF here; llama, mistral, qwen2, qwen3 can'],
    [{ hidden_act: 'gelu' }, 'llama.cpp has no gelu for llama'],
    [{ model_type: 'mistral', sliding_window: 8 }, 'does not know this model’s sliding window of 8'.replace('’', "'")],
    [
      { rope_scaling: { rope_type: 'yarn', factor: 2, original_max_position_embeddings: 8 } },
      'yarn positions are not written',
    ],
    [
      {
        model_type: 'qwen2',
        rope_scaling: {
          ...{ rope_type: 'llama3', factor: 8, low_freq_factor: 1 },
          ...{ high_freq_factor: 4, original_max_position_embeddings: 6 },
        },
      },
      'does not stretch the positions of a qwen2 as Llama 3 does',
    ],
    [{ model_type: 'qwen3', attention_bias: true }, 'reads no biases of attention in a qwen3'],
  ])('is refused for %j', (change, message) => {
    expect(() => ggufConfig({ ...CONFIG, ...change } as DecoderConfig)).toThrow(message);
  });

  it('takes a window that no sequence fills', () => {
    const mistral = { ...CONFIG, model_type: 'mistral', sliding_window: 16 } as const;
    expect(ggufConfig(mistral)).toBe(mistral);
  });
});

describe('the tokenizer in a gguf', () => {
  it('of SentencePiece’s kind scores pieces by the order of their merges', () => {
    const json = {
      added_tokens: [{ id: 0, content: '<unk>', special: true }],
      normalizer: { type: 'Sequence', normalizers: [{ type: 'Prepend' }, { type: 'Replace' }] },
      model: {
        type: 'BPE',
        byte_fallback: true,
        unk_token: '<unk>',
        vocab: { '<unk>': 0, '<0x0A>': 1, '▁': 2, a: 3, '▁a': 4 },
        merges: ['▁ a'],
      },
    };
    const metadata = ggufTokenizer(source(json), 5);
    expect(metadata.get('tokenizer.ggml.model')).toEqual({ type: 'string', value: 'llama' });
    expect(metadata.get('tokenizer.ggml.scores')).toEqual({ type: 'float32s', value: [0, 0, 0, 0, -1] });
    expect(metadata.get('tokenizer.ggml.token_type')).toEqual({ type: 'int32s', value: [2, 6, 1, 1, 1] });
    expect(metadata.get('tokenizer.ggml.add_space_prefix')).toEqual({ type: 'bool', value: true });
  });

  it('is left out where llama.cpp has none like it', () => {
    for (const other of [{ pre_tokenizer: { type: 'Whitespace' } }, { normalizer: { type: 'Lowercase' } }]) {
      const odd = source({ ...byteLevelJson, ...other });
      expect([...ggufTokenizer(odd, 7)]).toEqual([['tokenizer.ggml.model', { type: 'string', value: 'none' }]]);
    }
    const composed = source({ ...byteLevelJson, normalizer: { type: 'NFC' } });
    expect(ggufTokenizer(composed, 7).get('tokenizer.ggml.model')).toEqual({ type: 'string', value: 'gpt2' });
  });

  it('has as many tokens as the model has rows, and the default of several templates', () => {
    const templates = [
      { name: 'tool_use', template: 'b' },
      { name: 'default', template: 'a' },
    ];
    const several = { ...source(byteLevelJson), tokenizerConfig: { chat_template: templates } };
    const metadata = ggufTokenizer(several, 5);
    expect(metadata.get('tokenizer.ggml.tokens')).toEqual({ type: 'strings', value: ['a', 'b', 'ab', 'Ġ', 'Ġa'] });
    expect(metadata.get('tokenizer.chat_template')).toEqual({ type: 'string', value: 'a' });
  });
});
