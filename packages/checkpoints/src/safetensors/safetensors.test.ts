import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Tensor } from '../tensor.js';
import { decodeSafetensors, streamSafetensors } from './read-tensors.js';
import { SafetensorsError } from './safetensors-error.js';
import { encodeSafetensors, safetensorsPieces } from './write-tensors.js';

const tensorArbitrary: fc.Arbitrary<Tensor> = fc.array(fc.nat(4), { maxLength: 3 }).chain((shape) => {
  const length = shape.reduce((product, size) => product * size, 1);
  return fc.float32Array({ minLength: length, maxLength: length }).map((data) => ({ shape, data }));
});
const nameArbitrary = fc.string({ unit: 'grapheme' }).filter((name) => name !== '__metadata__');
const mapArbitrary = fc.array(fc.tuple(nameArbitrary, tensorArbitrary), { maxLength: 6 }).map((list) => new Map(list));

/** A file from a header that is written by hand. */
function fileOf(header: unknown, dataBytes: number): Uint8Array {
  const json = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const file = new Uint8Array(8 + json.length + dataBytes);
  new DataView(file.buffer).setBigUint64(0, BigInt(json.length), true);
  file.set(json, 8);
  return file;
}

describe('safetensors', () => {
  it('gives back the tensors and metadata it was given, at any alignment of the buffer', () => {
    fc.assert(
      fc.property(mapArbitrary, fc.nat(7), (tensors, shift) => {
        const encoded = encodeSafetensors(tensors, { metadata: { format: 'pt', step: '12' } });
        const shifted = new Uint8Array(encoded.length + shift);
        shifted.set(encoded, shift);
        const { tensors: read, metadata } = decodeSafetensors(shifted.subarray(shift));
        expect(metadata).toEqual({ format: 'pt', step: '12' });
        expect(read).toEqual(tensors);
      }),
    );
  });

  it('rejects every damaged header with a SafetensorsError, never another exception', () => {
    const file = encodeSafetensors(new Map([['w', { shape: [2], data: Float32Array.of(1, 2) }]]));
    const headerEnd = file.length - 8;
    fc.assert(
      fc.property(fc.nat(headerEnd - 1), fc.nat(255), (position, byte) => {
        const damaged = file.slice();
        damaged[position] = byte;
        try {
          decodeSafetensors(damaged);
        } catch (error) {
          expect(error).toBeInstanceOf(SafetensorsError);
        }
      }),
    );
    fc.assert(
      fc.property(fc.nat(file.length - 1), (length) => {
        expect(() => decodeSafetensors(file.subarray(0, length))).toThrow(SafetensorsError);
      }),
    );
  });

  it('reads a file as the reference implementation writes it', () => {
    const file = fileOf('{"a":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]}}   ', 8);
    new DataView(file.buffer).setFloat32(file.length - 4, 1.5, true);
    expect(decodeSafetensors(file).tensors).toEqual(new Map([['a', { shape: [1, 2], data: Float32Array.of(0, 1.5) }]]));
  });

  const entry = (shape: number[], start: number, end: number, dtype = 'F32') => ({
    dtype,
    shape,
    data_offsets: [start, end],
  });
  it.each([
    ['an unknown dtype', { w: entry([2], 0, 4, 'X9') }, 4, 'tensor "w" has dtype "X9", expected one of F64, F32,'],
    ['integers', { w: entry([1], 0, 8, 'I64') }, 8, 'tensor "w" has dtype I64; weights are F32, BF16, F16, F64, or I8'],
    [
      'int8 without scales',
      { w: entry([2, 2], 0, 4, 'I8') },
      4,
      'int8 tensor "w" needs a matrix shape and float32 scales',
    ],
    ['a wrong span', { w: entry([2], 0, 4) }, 4, 'tensor "w" of shape [2] needs 8 bytes, its offsets span 4'],
    ['a hole', { a: entry([1], 0, 4), b: entry([1], 8, 12) }, 12, 'tensor "b" starts at byte 8, expected 4'],
    ['an overlap', { a: entry([2], 0, 8), b: entry([1], 4, 8) }, 8, 'tensor "b" starts at byte 4, expected 8'],
    ['truncated data', { w: entry([2], 0, 8) }, 4, 'tensor "w" ends at byte 8, but the file holds 4 data bytes'],
    ['trailing bytes', { w: entry([1], 0, 4) }, 6, '2 bytes after the last tensor belong to none'],
    ['a negative size', { w: entry([-1], 0, 4) }, 4, 'tensor "w" has shape [-1]'],
    ['metadata of numbers', { __metadata__: { step: 1 } }, 0, '__metadata__ must map strings to strings'],
    ['a header that is a list', [], 0, 'header is not a JSON object'],
    ['a header that is not JSON', '{', 0, 'header is not valid UTF-8 JSON'],
  ])('refuses %s', (_, header, dataBytes, message) => {
    expect(() => decodeSafetensors(fileOf(header, dataBytes))).toThrow(message);
  });

  it('refuses to write a tensor that does not fit its shape', () => {
    const tensors = new Map([['w', { shape: [3], data: Float32Array.of(1) }]]);
    expect(() => encodeSafetensors(tensors)).toThrow('tensor "w" of shape [3] needs 3 elements, got 1');
  });
});

/** The pieces cut anew at every `size` bytes, as a store or socket might. */
async function* cut(pieces: Iterable<Uint8Array>, size: number): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) {
    for (let at = 0; at < piece.length; at += size) yield piece.subarray(at, at + size);
  }
}

async function collected(stream: AsyncIterable<readonly [string, Tensor, string]>): Promise<Map<string, Tensor>> {
  const tensors = new Map<string, Tensor>();
  for await (const [name, tensor] of stream) tensors.set(name, tensor);
  return tensors;
}

const WEIGHTS = new Map<string, Tensor>([
  ['embed', { shape: [3, 2], data: Float32Array.of(1, -2.5, 0, 0, 0.001, 127) }],
  ['norm', { shape: [3], data: Float32Array.of(1, 1 / 3, -7) }],
]);

describe('streamSafetensors', () => {
  it.each(['F32', 'BF16', 'F16', 'I8'] as const)(
    'gives what reading the whole file gives, %s, however it is cut',
    async (dtype) => {
      const file = encodeSafetensors(WEIGHTS, { dtype });
      const { tensors } = decodeSafetensors(file.slice());
      for (const size of [1, 7, 1000]) {
        const pieces = cut(safetensorsPieces(WEIGHTS, { dtype }), size);
        expect(await collected(streamSafetensors(pieces, file.length))).toEqual(tensors);
      }
    },
  );

  it('reads past what is not wanted, and takes an int8 matrix with its scales', async () => {
    const file = encodeSafetensors(WEIGHTS, { dtype: 'I8' });
    const only = await collected(streamSafetensors(cut([file], 5), file.length, (name) => name === 'embed'));
    expect([...only.keys()]).toEqual(['embed']);
  });

  it('says where a file ends too early or too late', async () => {
    const file = encodeSafetensors(WEIGHTS);
    const read = (bytes: Uint8Array) => collected(streamSafetensors(cut([bytes], 9), file.length));
    await expect(read(file.subarray(0, -3))).rejects.toThrow(
      `the file ends at byte ${file.length - 3} of ${file.length}: it was cut off`,
    );
    await expect(read(Buffer.concat([file, Buffer.of(1)]))).rejects.toThrow('more bytes came');
    await expect(collected(streamSafetensors(cut([], 1), 3))).rejects.toThrow('the file ends at byte 0 of 3');
  });
});

describe('int8 rows', () => {
  it('keep every element within half a scale, and rows of zeros exactly', () => {
    const matrix = fc.array(fc.float({ noNaN: true, noDefaultInfinity: true, min: -1000, max: 1000 }), {
      minLength: 6,
      maxLength: 6,
    });
    fc.assert(
      fc.property(matrix, (elements) => {
        const data = Float32Array.from(elements);
        const file = encodeSafetensors(new Map([['w', { shape: [2, 3], data }]]), { dtype: 'I8' });
        const read = decodeSafetensors(file).tensors.get('w')?.data as Float32Array;
        data.forEach((element, i) => {
          const row = data.subarray(i < 3 ? 0 : 3, i < 3 ? 3 : 6);
          const scale = Math.fround(Math.max(...row.map(Math.abs)) / 127);
          expect(Math.abs((read[i] as number) - element)).toBeLessThanOrEqual(scale * 0.5001 + 1e-40);
        });
      }),
    );
  });

  it('refuse what no scale can hold', () => {
    const tensors = new Map([['w', { shape: [1, 2], data: Float32Array.of(1, Number.NaN) }]]);
    expect(() => encodeSafetensors(tensors, { dtype: 'I8' })).toThrow('tensor "w" row 0 is not finite');
  });
});

it('refuses to write as float16 what float16 cannot hold, and writes infinity as such', () => {
  const of = (value: number) => new Map([['w', { shape: [1], data: Float32Array.of(value) }]]);
  expect(() => encodeSafetensors(of(70_000), { dtype: 'F16' })).toThrow('tensor "w" holds 70000, beyond float16');
  expect(decodeSafetensors(encodeSafetensors(of(Infinity), { dtype: 'F16' })).tensors).toEqual(of(Infinity));
});
