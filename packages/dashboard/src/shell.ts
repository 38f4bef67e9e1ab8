/** The frame around the pages: which page the address asks for, the key, and what is said when something fails. */
import { PreheatError } from '@preheat/sdk';
import { forgetKey, keyForm, storedClient } from './api-key.js';
import { element } from './elements.js';
import { evalRunPage } from './pages/eval-run.js';
import { evalsPage } from './pages/evals.js';
import { jobPage } from './pages/job.js';
import { jobsPage } from './pages/jobs.js';
import type { Page } from './pages/page.js';
import { playgroundPage } from './pages/playground.js';

const ROUTES: readonly { readonly pattern: RegExp; readonly page: Page }[] = [
  { pattern: /^#\/jobs\/([^/]+)$/, page: jobPage },
  { pattern: /^#\/evals$/, page: evalsPage },
  {
    pattern: /^#\/evals\/([^/]+)\/runs\/([^/?]+)(?:\?(?:status=([^&]+))?(?:&?after=([^&]+))?)?$/,
    page: evalRunPage,
  },
  { pattern: /^#\/playground(?:\/([^/]+))?$/, page: playgroundPage },
  { pattern: /^(?:#\/jobs(?:\?after=([^&]+))?|#?)$/, page: jobsPage },
];

const HTTP_UNAUTHORIZED = 401;

/** Shows the page of the current address in `main`, now and whenever the address changes, until the signal fires. */
export function startShell(main: HTMLElement, signOut: HTMLElement, signal?: AbortSignal): void {
  let leave = new AbortController();
  const show = (): void => {
    leave.abort();
    leave = new AbortController();
    const left = signal ? AbortSignal.any([leave.signal, signal]) : leave.signal;
    void render(main, signOut, left, show);
  };
  const options = signal ? { signal } : {};
  const navigate = (): void => {
    show();
    // The next page starts at its top, for keyboards and screen readers too.
    main.focus();
  };
  addEventListener('hashchange', navigate, options);
  const forget = (): void => {
    forgetKey();
    show();
  };
  signOut.addEventListener('click', forget, options);
  show();
}

async function render(main: HTMLElement, signOut: HTMLElement, signal: AbortSignal, again: () => void): Promise<void> {
  const client = storedClient();
  signOut.hidden = client === undefined;
  if (client === undefined) return main.replaceChildren(keyForm(again));
  const loading = element('p', { class: 'muted', role: 'status' }, 'Loading …');
  const container = element('div', {}, loading);
  document.title = 'preheat';
  main.replaceChildren(container);
  const route = ROUTES.map(({ pattern, page }) => ({ page, match: pattern.exec(location.hash) })).find(
    ({ match }) => match,
  );
  try {
    if (!route?.match) container.replaceChildren(element('h1', {}, 'No such page'));
    else await route.page({ client, container, signal }, parametersOf(route.match));
  } catch (error) {
    if (signal.aborted) return;
    if (error instanceof PreheatError && error.status === HTTP_UNAUTHORIZED) {
      forgetKey();
      again();
      return;
    }
    loading.remove();
    container.append(
      element('p', { class: 'error', role: 'alert' }, error instanceof Error ? error.message : String(error)),
    );
  }
}

const parametersOf = (match: RegExpExecArray): (string | undefined)[] =>
  match.slice(1).map((text: string | undefined) => (text === undefined ? undefined : decodeURIComponent(text)));
