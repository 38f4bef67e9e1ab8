/** The API key of this tab: asked for once, kept in the tab's session storage, never in an address or a cookie. */
import { Preheat } from '@preheat/sdk';
import { element } from './elements.js';

const STORAGE_KEY = 'preheat-api-key';

export function storedClient(): Preheat | undefined {
  const apiKey = sessionStorage.getItem(STORAGE_KEY);
  return apiKey ? clientFor(apiKey) : undefined;
}

/** The dashboard is served by the API itself. */
const clientFor = (apiKey: string): Preheat => new Preheat({ apiKey, baseURL: `${location.origin}/v1` });

export function forgetKey(): void {
  sessionStorage.removeItem(STORAGE_KEY);
}

/** A form that tries the key before it keeps it. */
export function keyForm(onSignedIn: () => void): HTMLElement {
  const input = element('input', { name: 'key', type: 'password', autocomplete: 'off', required: true, id: 'key' });
  const problem = element('p', { role: 'alert' });
  const form = element(
    'form',
    {},
    element('h1', {}, 'API key'),
    element('label', { for: 'key' }, 'The key that the platform was started with', input),
    element('button', { type: 'submit' }, 'Continue'),
    problem,
  );
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const apiKey = (input as HTMLInputElement).value.trim();
    problem.textContent = '';
    if (apiKey === '') return;
    clientFor(apiKey)
      .models.list()
      .page()
      .then(() => {
        sessionStorage.setItem(STORAGE_KEY, apiKey);
        onSignedIn();
      })
      .catch((error: unknown) => {
        problem.textContent = error instanceof Error ? error.message : String(error);
      });
  });
  return form;
}
