/** Ids: names for new things. Unguessable in production, predictable in a simulation. */
export interface Ids {
  /**
   * A new identifier: `prefix` verbatim, then a unique part of letters and digits that sorts by time of creation;
   * `next('ftjob-')`, `next('eval_')`. With a prefix of letters, digits, "-" and "_" it is safe in keys, URLs and shells.
   */
  next(prefix: string): string;
}
