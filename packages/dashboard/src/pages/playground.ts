/** A conversation with any model of the project: bases, fine-tunes and every checkpoint, while it is written. */
import type { ChatCompletionRequest, Preheat } from '@preheat/sdk';
import { button, element } from '../elements.js';
import type { Page } from './page.js';

type Message = ChatCompletionRequest['messages'][number];

export const playgroundPage: Page = async ({ client, container, signal }, [model]) => {
  const models = await client.models.list({ signal }).toArray();
  const fields = playgroundFields(
    models.map(({ id }) => id),
    model,
  );
  const talk = element('ol', { class: 'talk', 'aria-label': 'Conversation' });
  const problem = element('p', { role: 'alert' });
  const conversation = new Conversation(client, talk, signal);
  const stop = button('Stop', () => conversation.stop());
  const send = element('button', { type: 'submit' }, 'Send');
  const clear = button('Start over', () => {
    conversation.clear();
    problem.textContent = '';
  });
  stop.hidden = true;
  const form = element('form', {}, ...fields.elements, element('p', { class: 'actions' }, send, stop, clear));
  const busy = (isBusy: boolean): void => {
    stop.hidden = !isBusy;
    for (const each of [send, clear]) each.toggleAttribute('disabled', isBusy);
  };
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const asked = fields.message.value.trim();
    if (asked === '' || conversation.isAnswering) return;
    problem.textContent = '';
    // Emptied now: what is typed while the answer comes is the next message.
    fields.message.value = '';
    busy(true);
    conversation
      .ask(fields.request(), asked)
      .catch((error: unknown) => {
        problem.textContent = error instanceof Error ? error.message : String(error);
        if (fields.message.value === '') fields.message.value = asked;
      })
      .finally(() => busy(false));
  });
  container.replaceChildren(element('h1', {}, 'Playground'), talk, problem, form);
};

interface Settings extends Pick<ChatCompletionRequest, 'model' | 'temperature' | 'max_completion_tokens'> {
  readonly system: string;
}

function playgroundFields(models: readonly string[], wanted: string | undefined) {
  const known = wanted === undefined || models.includes(wanted) ? models : [wanted, ...models];
  const options = known.map((id) => element('option', { value: id, selected: id === wanted }, id));
  const model = element('select', { name: 'model' }, ...options) as HTMLSelectElement;
  const system = element('input', { name: 'system', autocomplete: 'off' }) as HTMLInputElement;
  const limits = { type: 'number', inputmode: 'decimal' };
  const temperature = element('input', { ...limits, name: 'temperature', min: 0, max: 2, step: 'any', value: 1 });
  const tokens = element('input', { ...limits, name: 'tokens', min: 1, step: 1, placeholder: 'as many as fit' });
  const message = element('textarea', { name: 'message', rows: 3, required: true }) as HTMLTextAreaElement;
  const valueOf = (input: HTMLElement): string => (input as HTMLInputElement).value.trim();
  const labelled = (text: string, input: HTMLElement): HTMLElement => element('label', {}, text, input);
  return {
    message,
    elements: [
      labelled('Model', model),
      labelled('System message', system),
      labelled('Temperature (0 is greedy)', temperature),
      labelled('Tokens of an answer', tokens),
      labelled('Message', message),
    ],
    request: (): Settings => ({
      model: model.value,
      system: valueOf(system),
      ...(valueOf(temperature) === '' ? {} : { temperature: Number(valueOf(temperature)) }),
      ...(valueOf(tokens) === '' ? {} : { max_completion_tokens: Number(valueOf(tokens)) }),
    }),
  };
}

class Conversation {
  readonly #client: Preheat;
  readonly #talk: HTMLElement;
  readonly #signal: AbortSignal;
  #messages: Message[] = [];
  #stopping: AbortController | undefined;

  constructor(client: Preheat, talk: HTMLElement, signal: AbortSignal) {
    this.#client = client;
    this.#talk = talk;
    this.#signal = signal;
  }

  get isAnswering(): boolean {
    return this.#stopping !== undefined;
  }

  stop(): void {
    this.#stopping?.abort();
  }

  clear(): void {
    this.#messages = [];
    this.#talk.replaceChildren();
  }

  /** Rejects with what went wrong; then the question is no part of the conversation. An answer that was stopped counts as far as it came. */
  async ask({ system, ...settings }: Settings, content: string): Promise<void> {
    const question: Message = { role: 'user', content };
    const answer = element('span', {}, '…');
    const turn = [said('You', content), said(settings.model, answer)];
    this.#talk.append(...turn);
    const stopping = new AbortController();
    this.#stopping = stopping;
    const messages = [
      ...(system === '' ? [] : [{ role: 'system' as const, content: system }]),
      ...this.#messages,
      question,
    ];
    try {
      const text = await this.#streamed({ ...settings, messages }, answer, stopping.signal);
      this.#messages.push(question, { role: 'assistant', content: text });
    } catch (error) {
      for (const each of turn) each.remove();
      throw error;
    } finally {
      this.#stopping = undefined;
    }
  }

  async #streamed(request: ChatCompletionRequest, answer: HTMLElement, stopped: AbortSignal): Promise<string> {
    let text = '';
    try {
      const signal = AbortSignal.any([this.#signal, stopped]);
      for await (const { choices } of await this.#client.chat.completions.create(
        { ...request, stream: true },
        { signal },
      )) {
        text += choices[0]?.delta.content ?? '';
        answer.textContent = text;
      }
    } catch (error) {
      if (!stopped.aborted) throw error;
    }
    answer.textContent = text === '' ? '(nothing)' : text;
    return text;
  }
}

const said = (who: string, what: HTMLElement | string): HTMLElement =>
  element('li', {}, element('strong', {}, who), ' ', what);
