/** Evals and their runs: how many items passed each criterion. */
import type { EvalObject, EvalRunObject } from '@preheat/sdk';
import { element, link, table, time } from '../elements.js';
import { runHref } from './eval-run-href.js';
import type { Page } from './page.js';

const SHOWN_EVALS = 20;
const SHOWN_RUNS = 50;

export const evalsPage: Page = async ({ client, container, signal }) => {
  const evals = await client.evals.list({ order: 'desc' }, { signal }).toArray(SHOWN_EVALS);
  const sections = await Promise.all(
    evals.map(async (evaluation) =>
      evalSection(
        evaluation,
        await client.evals.runs.list(evaluation.id, { order: 'desc' }, { signal }).toArray(SHOWN_RUNS),
      ),
    ),
  );
  const nothing = element('p', { class: 'muted' }, 'No evals yet. Create one with `preheat eval`.');
  container.replaceChildren(element('h1', {}, 'Evals'), ...(sections.length > 0 ? sections : [nothing]));
};

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
