/**
 * DirectUploads: lets somebody without any right of their own write one object of the store, once and soon, past the API and its
 * limits. Optional: only a store that clients can reach has it; where there is none, bytes go through the API.
 */
export interface PutGrantRequest {
  readonly key: string;
  /** Of the object: no other number of bytes is taken. */
  readonly bytes: number;
  /** Of the object, hexadecimal: no other bytes are taken. */
  readonly sha256: string;
  readonly nowMs: number;
  /** Whole seconds, at most a week. */
  readonly lifetimeMs: number;
}

export interface PutGrant {
  /** Is the right itself: whoever has it may write the object. */
  readonly url: string;
  /** To be sent with the PUT as they are, beside the `content-length` that comes by itself. */
  readonly headers: Readonly<Record<string, string>>;
  readonly expiresAtMs: number;
}

export interface DirectUploads {
  /** Asks nobody: it does not tell whether the client can reach the store. A second PUT is answered with 412. */
  grantPut(request: PutGrantRequest): Promise<PutGrant>;
}
