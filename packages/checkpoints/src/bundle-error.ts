/** What can be wrong with a bundle. `incomplete` and `missing` may be a crash or a wrong name; `corrupt` is damage. */
export type BundleErrorReason = 'incomplete' | 'missing' | 'corrupt' | 'occupied' | 'invalid-name' | 'unavailable';

export class BundleError extends Error {
  override readonly name = 'BundleError';
  readonly reason: BundleErrorReason;

  constructor(reason: BundleErrorReason, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.reason = reason;
  }
}
