/** Ids: names for new things. Unguessable in production, predictable in a simulation. */
export interface Ids {
  /** A new identifier `<prefix>_<unique>` of letters, digits and "_", so it is safe in keys, URLs and shells. */
  next(prefix: string): string;
}
