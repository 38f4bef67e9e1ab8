/** Programmer errors only: a failed invariant means the code is wrong, never that the input is. Input errors are `ApiError`s. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError';
}

/** Throws `InvariantError` unless `condition` holds; narrows its type for the compiler. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new InvariantError(message);
}

/** For the `default` of a switch over a union: a compile error when a member is forgotten, an exception if one slips through. */
export function unreachable(value: never, what = 'value'): never {
  throw new InvariantError(`unexpected ${what}: ${JSON.stringify(value)}`);
}
