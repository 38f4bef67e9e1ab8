/** Says once for each process of a function how long it took until it could be called: the cold starts of a deployment. */
import type { Log } from '@preheat/ports';

export function tellStart(log: Log, compiledCode = () => 'absent'): void {
  log.info('cold start', { initMs: Math.round(performance.now()), compiledCode: compiledCode() });
}
