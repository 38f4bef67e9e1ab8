/**
 * Draws a list anew when what it shows changed, and only then: a link that is replaced between press and release loses the
 * click. A link that had the focus has it again.
 */
export class Redraw {
  readonly #list: HTMLElement;
  #shown = '';

  constructor(list: HTMLElement) {
    this.#list = list;
  }

  /** `state` is everything that `draw` would show, as JSON takes it. */
  show(state: unknown, draw: () => HTMLElement[]): void {
    const text = JSON.stringify(state);
    if (text === this.#shown) return;
    this.#shown = text;
    const focused = this.#list.contains(document.activeElement) ? document.activeElement?.getAttribute('href') : null;
    this.#list.replaceChildren(...draw());
    const again = [...this.#list.querySelectorAll('a')].find((each) => each.getAttribute('href') === focused);
    if (focused !== null) again?.focus();
  }
}
