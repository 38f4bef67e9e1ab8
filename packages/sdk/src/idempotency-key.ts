/** A key that no other call has. `crypto.randomUUID` would be shorter, but browsers hide it on pages that are not secure. */
export function newIdempotencyKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
