/** One run of an eval, item by item: what was asked, what was answered and how it was graded, failures first if wanted. */
import type { OutputItem } from '@preheat/sdk';
import { element, link, table } from '../elements.js';
import { runHref } from './eval-run-href.js';
import type { Page } from './page.js';

const SHOWN_ITEMS = 50;
const STATUSES = ['fail', 'error', 'pass'] as const;

export const evalRunPage: Page = async ({ client, container, signal }, [evalId = '', runId = '', wanted, after]) => {
  const status = STATUSES.find((known) => known === wanted);
  const filter = status === undefined ? {} : { status };
  const [run, page] = await Promise.all([
    client.evals.runs.retrieve(evalId, runId, { signal }),
    client.evals.runs.items(evalId, runId, { limit: SHOWN_ITEMS, ...filter }, { signal }).page(after),
  ]);
  const { passed, failed, errored, total } = run.result_counts;
  const last = page.data.at(-1);
  const at = { evalId, runId };
  container.replaceChildren(
    element('h1', {}, `${run.model}: ${run.name}`),
    element('p', {}, `${run.status}: ${passed} of ${total} passed, ${failed} failed, ${errored} could not be graded`),
    ...(run.error ? [element('p', { class: 'error' }, `${run.error.message} (${run.error.code})`)] : []),
    filters(at, status),
    table(columns, page.data.map(cells), 'No items.'),
    element(
      'nav',
      { class: 'actions', 'aria-label': 'Pages' },
      after === undefined ? null : link(runHref({ ...at, status }), 'First'),
      page.has_more && last ? link(runHref({ ...at, status, after: last.id }), 'Next') : null,
    ),
  );
};

function filters(at: { evalId: string; runId: string }, chosen: string | undefined): HTMLElement {
  const links = [undefined, ...STATUSES].map((status) => {
    const made = link(runHref({ ...at, status }), status ?? 'all');
    if (status === chosen) made.setAttribute('aria-current', 'page');
    return made;
  });
  return element('nav', { class: 'actions', 'aria-label': 'Items shown' }, ...links);
}

const columns = [
  { title: 'Row', number: true },
  { title: 'Status' },
  { title: 'Input' },
  { title: 'Answer' },
  { title: 'Scores' },
];

const cells = ({ datasource_item_id: row, status, sample, results }: OutputItem): (string | HTMLElement)[] => [
  String(row),
  status,
  element('div', { class: 'text' }, sample.input.at(-1)?.content ?? ''),
  element('div', { class: 'text' }, sample.error?.message ?? sample.output.at(-1)?.content ?? ''),
  results.map(({ name, score }) => `${name} ${Number(score.toPrecision(3))}`).join(', '),
];
