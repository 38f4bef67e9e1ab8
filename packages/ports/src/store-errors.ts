/** Errors that every ObjectStore adapter shares, so that callers can react without knowing the adapter. */

/**
 * A write was sent and no answer came: it may have happened. The caller reads the object back and compares the
 * writeId it put into the body; it never assumes either outcome.
 */
export class UnknownOutcomeError extends Error {
  override readonly name = 'UnknownOutcomeError';
  readonly key: string;

  constructor(key: string, options?: { cause?: unknown }) {
    super(`The outcome of writing ${JSON.stringify(key)} is unknown; read it back and compare`, options);
    this.key = key;
  }
}

/** The key cannot be stored by every adapter; see `assertKey`. */
export class InvalidKeyError extends Error {
  override readonly name = 'InvalidKeyError';

  constructor(key: string, reason: string) {
    super(`Object key ${JSON.stringify(key.slice(0, 200))} is invalid: ${reason}`);
  }
}
