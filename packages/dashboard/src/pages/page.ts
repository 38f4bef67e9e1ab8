/** What a page is: it fills its container and stops all of its work when the signal fires. */
import type { Preheat } from '@preheat/sdk';

export interface PageContext {
  readonly client: Preheat;
  readonly container: HTMLElement;
  /** Fires when another page takes over. */
  readonly signal: AbortSignal;
}

/** Rejects with what went wrong; the shell shows it. */
export type Page = (context: PageContext, parameters: readonly (string | undefined)[]) => Promise<void>;
