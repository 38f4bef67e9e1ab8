import fc from 'fast-check';
import { expect, test } from 'vitest';
import { regroup } from './multipart-upload.js';

async function* from(chunks: Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

test('regrouping keeps every byte in order, in full parts and one shorter last part', async () => {
  const chunks = fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(chunks, fc.integer({ min: 1, max: 16 }), async (source, size) => {
      const parts: Uint8Array[] = [];
      for await (const part of regroup(from(source), size)) parts.push(part);
      expect(Buffer.concat(parts)).toEqual(Buffer.concat(source));
      for (const part of parts.slice(0, -1)) expect(part).toHaveLength(size);
      expect(parts.every((part) => part.length > 0 && part.length <= size)).toBe(true);
    }),
  );
});
