import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeSafetensors, encodeSafetensors, SafetensorsError } from './safetensors.js';
import type { Tensor } from './tensor.js';

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
        const encoded = encodeSafetensors(tensors, { format: 'pt', step: '12' });
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
    ['another dtype', { w: entry([2], 0, 4, 'BF16') }, 4, 'tensor "w" has dtype "BF16", only "F32" is supported'],
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
