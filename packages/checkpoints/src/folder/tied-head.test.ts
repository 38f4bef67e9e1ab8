import { describe, expect, it } from 'vitest';
import { freshDecoder } from '../fresh-decoder.js';
import { decodeSafetensors } from '../safetensors/read-tensors.js';
import type { WeightDtype } from '../safetensors/dtypes.js';
import { encodeSafetensors } from '../safetensors/write-tensors.js';
import type { Tensor } from '../tensor.js';
import { memoryFolder } from './test-kit/memory-folder.js';
import { TINY_DECODER } from './test-kit/tiny-decoder.js';
import { assertTiedHead } from './tied-head.js';

const HEAD = 'lm_head.weight';
const EMBEDDING = 'model.embed_tokens.weight';
const table = freshDecoder(TINY_DECODER, 3).get(EMBEDDING) as Tensor;

interface Stored {
  readonly tensor?: Tensor;
  readonly dtype?: WeightDtype;
}

/** A folder whose head and embedding are in a file each, and so may differ in type. */
function check(head: Stored, embedding: Stored = {}): Promise<void> {
  const file = (name: string, { tensor = table, dtype = 'F32' }: Stored) =>
    encodeSafetensors(new Map([[name, tensor]]), { dtype });
  const folder = memoryFolder({
    'model.safetensors.index.json': { weight_map: { [HEAD]: 'a.safetensors', [EMBEDDING]: 'b.safetensors' } },
    'a.safetensors': file(HEAD, head),
    'b.safetensors': file(EMBEDDING, embedding),
  });
  return assertTiedHead(folder, TINY_DECODER);
}

const changed = (by: number): Tensor => ({
  ...table,
  data: table.data.map((value, index) => (index === 40 ? value + by : value)),
});
const asRead = (dtype: WeightDtype): Tensor =>
  decodeSafetensors(encodeSafetensors(new Map([['x', table]]), { dtype })).tensors.get('x') as Tensor;

describe('assertTiedHead', () => {
  it.each(['F32', 'BF16', 'F16', 'I8'] as const)('takes the embedding stored as %s, on either side', async (dtype) => {
    await expect(check({ dtype })).resolves.toBeUndefined();
    await expect(check({}, { dtype })).resolves.toBeUndefined();
    await expect(check({ dtype }, { dtype })).resolves.toBeUndefined();
    await expect(check({ dtype: 'F16', tensor: asRead(dtype) }, { dtype })).resolves.toBeUndefined();
  });

  it('refuses another table, and says by how much it is another', async () => {
    await expect(check({ tensor: changed(0.5) })).rejects.toThrow(
      'a.safetensors: tensor lm_head.weight is not model.embed_tokens.weight, to which config.json ties it: ' +
        'they differ by up to 0.50 (stored as F32 and F32); where it is a head of its own, set "tie_word_embeddings": false',
    );
    await expect(check({ tensor: changed(0.5), dtype: 'BF16' })).rejects.toThrow('up to 0.50 (stored as BF16 and F32)');
    await expect(check({ tensor: changed(1e-6) })).rejects.toThrow('they differ by up to');
    await expect(check({ tensor: changed(Number.NaN) })).rejects.toThrow('they differ by up to NaN');
  });

  it('says that the shapes differ where one has more rows', async () => {
    const data = new Float32Array(16 * 8);
    data.set(table.data);
    await expect(check({ tensor: { shape: [16, 8], data } })).rejects.toThrow('their shapes are [16, 8] and [11, 8]');
  });
});
