/** What can be wrong with a bundle. `incomplete` and `missing` may be a crash or a wrong name; `corrupt` is damage. */
export type BundleErrorReason = 'incomplete' | 'missing' | 'corrupt' | 'occupied' | 'invalid-name' | 'unavailable';

/** An object that is not what was written. */
export interface BundleDamage {
  /** Its key. */
  readonly object: string;
  /** What the manifest says of it, and what is there: a size, a hash, or nothing. */
  readonly expected: string;
  readonly actual: string;
}

export class BundleError extends Error {
  override readonly name = 'BundleError';
  readonly reason: BundleErrorReason;
  /** Where an object is at fault. */
  readonly damage: BundleDamage | null;

  constructor(
    reason: BundleErrorReason,
    message: string,
    options: { cause?: unknown; damage?: BundleDamage | null } = {},
  ) {
    const { damage = null, ...rest } = options;
    super(message, rest);
    this.reason = reason;
    this.damage = damage;
  }
}
