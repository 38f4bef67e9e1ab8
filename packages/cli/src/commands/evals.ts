/** `preheat evals …`: evals and their runs, item by item, and one run against another. */
import type { EvalObject, EvalRunObject, OutputItem } from '@preheat/sdk';
import { type Command, Option } from 'commander';
import { formatUnixSeconds } from '../duration.js';
import type { Io } from '../io.js';
import { printable } from '../printable.js';
import { renderTable } from '../table.js';
import { atLeast } from './arguments.js';
import { addCompareCommand } from './evals-compare.js';
import { openSession } from './session.js';

const DEFAULT_LIST = 20;
/** Of an input or an answer; `--json` prints them whole. */
const SHOWN_CHARACTERS = 60;

export function addEvalsCommand(program: Command, io: Io): void {
  const evals = program.command('evals').description('list evals, their runs and items; compare, cancel and delete');
  addReading(evals, io);
  addEnding(evals, io);
  addCompareCommand(evals, io);
}

function addReading(evals: Command, io: Io): void {
  evals
    .command('list')
    .description('list evals, newest first')
    .option('--limit <number>', 'at most this many', atLeast(1), DEFAULT_LIST)
    .action(async (_flags, command: Command) => {
      const session = openSession<{ limit: number }>(command, io);
      session.show(await session.client.evals.list({ order: 'desc' }).toArray(session.flags.limit), evalTable);
    });
  evals
    .command('runs <eval>')
    .description('list the runs of an eval, newest first')
    .option('--limit <number>', 'at most this many', atLeast(1), DEFAULT_LIST)
    .action(async (id: string, _flags, command: Command) => {
      const session = openSession<{ limit: number }>(command, io);
      session.show(await session.client.evals.runs.list(id, { order: 'desc' }).toArray(session.flags.limit), runTable);
    });
  evals
    .command('items <eval> <run>')
    .description('show what a model answered to each row, and how it was graded')
    .addOption(new Option('--status <status>', 'only these').choices(['pass', 'fail', 'error']))
    .option('--limit <number>', 'at most this many', atLeast(1), DEFAULT_LIST)
    .action(async (id: string, run: string, _flags, command: Command) => {
      const session = openSession<{ status?: OutputItem['status']; limit: number }>(command, io);
      const { status, limit } = session.flags;
      const items = session.client.evals.runs.items(id, run, status === undefined ? {} : { status });
      session.show(await items.toArray(limit), itemTable);
    });
}

function addEnding(evals: Command, io: Io): void {
  evals
    .command('cancel <eval> <run>')
    .description('stop a run; what it has graded stays')
    .action(async (id: string, run: string, _flags, command: Command) => {
      const session = openSession(command, io);
      session.show([await session.client.evals.runs.cancel(id, run)], runTable);
    });
  evals
    .command('delete <eval> [run]')
    .description('delete a run, or an eval with all of its runs')
    .action(async (id: string, run: string | undefined, _flags, command: Command) => {
      const session = openSession(command, io);
      const { evals: all } = session.client;
      const deleted = run === undefined ? await all.delete(id) : await all.runs.delete(id, run);
      session.show(deleted, () => `deleted ${run ?? id}`);
    });
}

function evalTable(evals: readonly EvalObject[]): string {
  if (evals.length === 0) return 'no evals yet: `preheat eval --help`';
  return renderTable(
    [{ title: 'EVAL' }, { title: 'NAME' }, { title: 'CRITERIA', align: 'right' }, { title: 'CREATED (UTC)' }],
    evals.map(({ id, name, testing_criteria: criteria, created_at: created }) => [
      id,
      printable(name),
      String(criteria.length),
      formatUnixSeconds(created),
    ]),
  );
}

function runTable(runs: readonly EvalRunObject[]): string {
  if (runs.length === 0) return 'no runs yet';
  return renderTable(
    [
      { title: 'RUN' },
      { title: 'MODEL' },
      { title: 'STATUS' },
      { title: 'PASSED', align: 'right' },
      { title: 'ERRORS', align: 'right' },
      { title: 'CREATED (UTC)' },
    ],
    runs.map(({ id, model, status, result_counts: counts, created_at: created }) => [
      id,
      model,
      status,
      `${counts.passed}/${counts.total}`,
      String(counts.errored),
      formatUnixSeconds(created),
    ]),
  );
}

function itemTable(items: readonly OutputItem[]): string {
  if (items.length === 0) return 'no items';
  return renderTable(
    [
      { title: 'ROW', align: 'right' },
      { title: 'STATUS' },
      { title: 'INPUT' },
      { title: 'ANSWER' },
      { title: 'SCORES' },
    ],
    items.map(({ datasource_item_id: row, status, sample, results }) => [
      String(row),
      status,
      shortened(sample.input.at(-1)?.content ?? ''),
      shortened(sample.error?.message ?? sample.output.at(-1)?.content ?? ''),
      results.map(({ name, score }) => `${printable(name)}=${Number(score.toPrecision(4))}`).join(' '),
    ]),
  );
}

function shortened(text: string): string {
  const shown = printable(text);
  return shown.length > SHOWN_CHARACTERS ? `${shown.slice(0, SHOWN_CHARACTERS - 1)}…` : shown;
}
