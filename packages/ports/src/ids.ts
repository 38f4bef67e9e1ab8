/** Ids: names for new things. Unguessable in production, predictable in a simulation. */
export interface Ids {
  /**
   * A new identifier: the prefix as it is (give it its own separator, as in "file-"), then letters and digits only,
   * so it is safe in keys, URLs and shells. Later identifiers of one process sort after earlier ones, by the
   * millisecond.
   */
  next(prefix: string): string;
}
