/** The end of what a process holds: one part that fails to close keeps no other from closing. */
interface Closable {
  close(): unknown;
}

/** @throws AggregateError with what failed, once each had its turn. */
export async function closeInTurn(parts: readonly Closable[]): Promise<void> {
  const failures: unknown[] = [];
  for (const part of parts) {
    try {
      await part.close();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw new AggregateError(failures, `${failures.length} parts of the process did not close`);
}
