/** Bounded building blocks of every schema: no unbounded string, number or array crosses a boundary. */
import Type, { type TSchema } from 'typebox';

/**
 * Ids are a prefix and URL-safe characters; model names are longer and have their own type. Ids are segments of keys in the
 * store, so none may be `.` or `..`.
 */
export const Id = Type.String({ minLength: 1, maxLength: 128, pattern: '^[A-Za-z0-9_-][A-Za-z0-9_.-]*$' });
/** The writes before the last one, newest first: settles an unknown outcome after somebody else wrote on top. */
export const RecentWriteIds = Type.Optional(Type.Array(Id, { maxItems: 16 }));
export const FileId = Type.String({ minLength: 1, maxLength: 128, pattern: '^file-[A-Za-z0-9]+$' });
/** Base models, fine-tuned models and checkpoints (`ft:<base>:<org>:<suffix>:<id>:ckpt-step-N`). */
export const ModelName = Type.String({ minLength: 1, maxLength: 300 });
export const UnixSeconds = Type.Integer({ minimum: 0, maximum: 2 ** 40 });
export const Seed = Type.Integer({ minimum: 0, maximum: 2_147_483_647 });
export const Count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
export const ShortText = Type.String({ maxLength: 512 });
export const LongText = Type.String({ maxLength: 1_000_000 });

/** At most 16 pairs; keys up to 64 and values up to 512 characters, as on the OpenAI wire. */
export const Metadata = Type.Record(Type.String({ minLength: 1, maxLength: 64 }), Type.String({ maxLength: 512 }), {
  maxProperties: 16,
});

export const Nullable = <S extends TSchema>(schema: S) => Type.Union([schema, Type.Null()]);
export const Auto = Type.Literal('auto');

/** A string enum as one schema with one precise message, not a union of literals. */
export function OneOf<const V extends string>(values: readonly V[], options: object = {}) {
  return Type.Unsafe<V>({ type: 'string', enum: [...values], ...options });
}

/** `{object:'list', data, has_more, first_id, last_id}`: the page every official client can walk. */
export const Page = <S extends TSchema>(item: S) =>
  Type.Object({
    object: Type.Literal('list'),
    data: Type.Array(item, { maxItems: 10_000 }),
    has_more: Type.Boolean(),
    first_id: Nullable(Type.String({ maxLength: 300 })),
    last_id: Nullable(Type.String({ maxLength: 300 })),
  });
