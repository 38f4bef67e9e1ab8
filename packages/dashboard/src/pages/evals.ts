/** Evals and their runs, kept up to date: how many items passed each criterion. */
import type { EvalObject, EvalRunObject } from '@preheat/sdk';
import { element, link, table, time } from '../elements.js';
import { live } from '../live.js';
import { Redraw } from '../redraw.js';
import { runHref } from './eval-run-href.js';
import type { Page } from './page.js';

const SHOWN_EVALS = 20;
const SHOWN_RUNS = 50;

/** Each turn asks for the runs of every eval shown. */
const INTERVAL_MS = 10_000;

export const evalsPage: Page = async ({ client, container, signal }) => {
  const list = element('div');
  const redraw = new Redraw(list);
  const runsOf = (id: string) => client.evals.runs.list(id, { order: 'desc' }, { signal }).toArray(SHOWN_RUNS);
  const ask = async (): Promise<boolean> => {
    const evals = await client.evals.list({ order: 'desc' }, { signal }).toArray(SHOWN_EVALS);
    const runs = await Promise.all(evals.map(({ id }) => runsOf(id)));
    redraw.show([evals, runs], () => listing(evals, runs));
    return true;
  };
  const { notice } = await live(ask, signal, INTERVAL_MS);
  container.replaceChildren(element('h1', {}, 'Evals'), notice, list);
};

function listing(evals: readonly EvalObject[], runs: readonly (readonly EvalRunObject[])[]): HTMLElement[] {
  if (evals.length === 0) return [element('p', { class: 'muted' }, 'No evals yet. Create one with `preheat eval`.')];
  return evals.map((evaluation, index) => evalSection(evaluation, runs[index] ?? []));
}

function evalSection(evaluation: EvalObject, runs: readonly EvalRunObject[]): HTMLElement {
  const rows = runs.map((run) => [
    run.model,
    link(runHref({ evalId: evaluation.id, runId: run.id }), run.name),
    run.status,
    passes(run),
    `${run.result_counts.errored}`,
    time(run.created_at),
  ]);
  const columns = [
    { title: 'Model' },
    { title: 'Run' },
    { title: 'Status' },
    { title: 'Passed' },
    { title: 'Errors', number: true },
    { title: 'Created' },
  ];
  return element('section', {}, element('h2', {}, evaluation.name), table(columns, rows, 'No runs yet.'));
}

function passes({ per_testing_criteria_results, result_counts }: EvalRunObject): string {
  const criteria = per_testing_criteria_results ?? [];
  if (criteria.length === 0) return `${result_counts.passed} of ${result_counts.total}`;
  return criteria
    .map(({ testing_criteria, passed, failed }) => `${testing_criteria}: ${passed} of ${passed + failed}`)
    .join(', ');
}
