/** Keeps what is shown fresh: asks again and again until there is nothing more to come, and says when nobody answers. */
import { element } from './elements.js';

const INTERVAL_MS = 2_000;

export interface Live {
  /** Where an outage is announced. */
  readonly notice: HTMLElement;
  /** Asks now, unless it is asking already. */
  refresh(): Promise<void>;
}

/**
 * Resolves once it was asked for the first time; rejects when that fails.
 *
 * @param ask Shows the newest state; answers whether more may come.
 */
export async function live(ask: () => Promise<boolean>, signal: AbortSignal, intervalMs = INTERVAL_MS): Promise<Live> {
  const notice = element('p', { role: 'status', class: 'notice' });
  let timer: ReturnType<typeof setInterval> | undefined;
  let asking: Promise<void> | undefined;
  const again = async (): Promise<void> => {
    try {
      if (!(await ask())) clearInterval(timer);
      notice.textContent = '';
    } catch (error) {
      if (signal.aborted) return;
      notice.textContent = `Not up to date: ${error instanceof Error ? error.message : String(error)}`;
    }
  };
  const refresh = (): Promise<void> => {
    asking ??= again().finally(() => {
      asking = undefined;
    });
    return asking;
  };
  // A page that nobody looks at asks nothing; what it missed comes with the next turn.
  const turn = (): void => void (document.hidden || refresh());
  if ((await ask()) && !signal.aborted) timer = setInterval(turn, intervalMs);
  signal.addEventListener('abort', () => clearInterval(timer), { once: true });
  return { notice, refresh };
}
