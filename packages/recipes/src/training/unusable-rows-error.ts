/** Rows that a phase cannot be trained on as they are. Every attempt would meet them again, so the job fails with the reason. */
export class UnusableRowsError extends Error {
  override readonly name = 'UnusableRowsError';
}
