/** DOM elements from data. Text always becomes text nodes: nothing a server sends is ever parsed as markup. */

type Child = Node | string | null;
type Attributes = Readonly<Record<string, string | number | boolean | null>>;

const SVG_NAMESPACE = 'http://www.w3.org/2000/svg';

/** An HTML element. Attributes that are `null` or `false` are left out. */
export function element(tag: string, attributes: Attributes = {}, ...children: Child[]): HTMLElement {
  return filled(document.createElement(tag), attributes, children);
}

export function svg(tag: string, attributes: Attributes = {}, ...children: Child[]): SVGElement {
  return filled(document.createElementNS(SVG_NAMESPACE, tag) as SVGElement, attributes, children);
}

function filled<E extends Element>(target: E, attributes: Attributes, children: readonly Child[]): E {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== false) target.setAttribute(name, value === true ? '' : String(value));
  }
  target.append(...children.filter((child) => child !== null));
  return target;
}

export function button(label: string, onClick: () => void): HTMLElement {
  const made = element('button', { type: 'button' }, label);
  made.addEventListener('click', onClick);
  return made;
}

export interface TableColumn {
  readonly title: string;
  readonly number?: boolean;
}

/** A table that scrolls on narrow screens; `empty` is said instead of a table without rows. */
export function table(
  columns: readonly TableColumn[],
  rows: readonly (readonly Child[])[],
  empty: string,
): HTMLElement {
  if (rows.length === 0) return element('p', { class: 'muted' }, empty);
  const kind = (index: number): string | null => (columns[index]?.number ? 'number' : null);
  const head = columns.map(({ title }, i) => element('th', { scope: 'col', class: kind(i) }, title));
  const body = rows.map((row) => element('tr', {}, ...row.map((cell, i) => element('td', { class: kind(i) }, cell))));
  return element(
    'div',
    { class: 'scroll' },
    element('table', {}, element('thead', {}, element('tr', {}, ...head)), element('tbody', {}, ...body)),
  );
}

export const link = (href: string, text: string): HTMLElement => element('a', { href }, text);

/** Local time of a Unix time in seconds, with the machine-readable form beside it. */
export function time(unixSeconds: number): HTMLElement {
  const date = new Date(unixSeconds * 1_000);
  return element('time', { datetime: date.toISOString() }, date.toLocaleString());
}
