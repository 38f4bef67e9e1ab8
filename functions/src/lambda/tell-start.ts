/** Says in the log of a function what its starts cost: the cold starts of a deployment, and where they were slower than need be. */
import type { Log } from '@preheat/ports';

/** What became of the compiled code of all that was read so far; undefined where nothing is shipped as a bundle. */
export type CompiledCode = (() => string) | undefined;

/** Once for each process: how long it took until it could be called. */
export function tellStart(log: Log, compiledCode: CompiledCode): void {
  const outcome = compiledCode?.() ?? 'absent';
  log.info('cold start', { initMs: Math.round(performance.now()), compiledCode: outcome });
}

/** What areas read comes after the start, and V8 may refuse it alone. */
export function tellUncompiled(log: Log, areas: readonly string[], compiledCode: CompiledCode): void {
  const outcome = compiledCode?.() ?? 'taken';
  if (outcome !== 'taken') log.warn('areas were opened without compiled code', { areas, compiledCode: outcome });
}
