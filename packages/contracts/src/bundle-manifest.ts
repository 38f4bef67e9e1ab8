/** `manifest.json` of a bundle: written after every blob, so its presence alone means the bundle is complete. */
import Type, { type Static } from 'typebox';

/** Path inside the bundle. No segment starts with a dot, so a blob name can never reach outside. */
export const BlobName = Type.String({
  minLength: 1,
  maxLength: 128,
  pattern: '^[A-Za-z0-9_-][A-Za-z0-9_.-]*(/[A-Za-z0-9_-][A-Za-z0-9_.-]*)*$',
});

export const BundleManifest = Type.Object({
  schemaVersion: Type.Literal(1),
  blobs: Type.Array(
    Type.Object({
      name: BlobName,
      sizeBytes: Type.Integer({ minimum: 0, maximum: 2 ** 40 }),
      /** Lower-case hexadecimal. */
      sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }),
    }),
    { minItems: 1, maxItems: 64 },
  ),
});
export type BundleManifest = Static<typeof BundleManifest>;
