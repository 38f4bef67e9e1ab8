/**
 * How the wire is written down here: closed TypeBox objects, so that a missing field, a wrong type, an unknown value and an
 * unknown field all fail, in requests and in answers. Marks say what is not plainly OpenAI's: `extension` for what this
 * platform adds, `refused` for what it knows and does not serve, `ignored` for what is taken without effect; both with a value that proves it.
 */
import Type, { type TProperties, type TSchema } from 'typebox';

export const closed = <P extends TProperties>(properties: P) =>
  Type.Object(properties, { additionalProperties: false });
export const one = (...values: readonly string[]) => Type.Unsafe<string>({ type: 'string', enum: values });
export const always = (value: boolean) => Type.Unsafe<boolean>({ const: value });
export const maybe = <S extends TSchema>(schema: S) => Type.Union([schema, Type.Null()]);
export const optional = Type.Optional;
export const text = () => Type.String();
export const whole = () => Type.Integer();
export const number = () => Type.Number();
export const flag = () => Type.Boolean();
export const list = <S extends TSchema>(schema: S) => Type.Array(schema);
export const map = <S extends TSchema>(schema: S) => Type.Record(Type.String(), schema);
export const anything = () => Type.Unknown();
export const id = (prefix: string) => Type.String({ pattern: `^${prefix}[A-Za-z0-9_-]+$` });
/** Unix seconds: milliseconds would be out of range. */
export const seconds = () => Type.Integer({ minimum: 1_500_000_000, maximum: 10_000_000_000 });
export const metadata = () => map(Type.String({ maxLength: 512 }));

export interface Marks {
  readonly 'x-extension'?: true;
  readonly 'x-refused'?: { readonly reason: string; readonly value: unknown };
  readonly 'x-ignored'?: { readonly reason: string; readonly value: unknown };
}

/** Marks a field that OpenAI's wire does not have. Clients keep unknown fields. */
export function extension<S extends TSchema>(schema: S): S {
  return Object.assign(schema, { 'x-extension': true } satisfies Marks);
}

/** A field that is refused. @param value One that must be refused with `param` naming the field. */
export function refused(reason: string, value: unknown) {
  return Type.Optional(Object.assign(Type.Unknown(), { 'x-refused': { reason, value } } satisfies Marks));
}

/** A field that is taken and changes nothing here. @param value One that must be taken. */
export function ignored(reason: string, value: unknown) {
  return Type.Optional(Object.assign(Type.Unknown(), { 'x-ignored': { reason, value } } satisfies Marks));
}

/** The page every list answers with. */
export const page = <S extends TSchema>(item: S) =>
  closed({
    object: one('list'),
    data: list(item),
    has_more: flag(),
    first_id: maybe(text()),
    last_id: maybe(text()),
  });
