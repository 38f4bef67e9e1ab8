/** `preheat eval`: grade one or more models on a JSONL file, and print how they did. */
import type { EvalRunObject, GraderSpec } from '@preheat/sdk';
import type { Command } from 'commander';
import { CommandFailed, type Io, UsageError } from '../io.js';
import { ProgressLine, progressBar } from '../progress/progress-line.js';
import { renderTable } from '../table.js';
import { atLeast, numberBetween, repeated } from './arguments.js';
import { type ItemSummary, summariseItems } from './criterion-means.js';
import { readJson } from './json-input.js';
import { openSession, type Session } from './session.js';
import { fileId } from './upload.js';

interface EvalFlags {
  model: string[];
  grader: string;
  prompt: string;
  system?: string;
  name: string;
  temperature?: number;
  seed: number;
  maxTokens?: number;
  samples: number;
}

export function addEvalCommand(program: Command, io: Io): void {
  program
    .command('eval <rows>')
    .description('grade models on rows of {"item": {…}} (a path, uploaded first, or a file id)')
    .requiredOption('--model <name>', 'model to grade; repeatable', repeated)
    .requiredOption('--grader <json or file>', 'a grader, or an array of them')
    .option('--prompt <template>', 'user message made from each row', '{{item.prompt}}')
    .option('--system <template>', 'system message made from each row')
    .option('--name <text>', 'name of the eval', 'preheat eval')
    .option('--temperature <number>', '0 is greedy (default: 0, with --samples 1)', numberBetween(0, 2))
    .option('--seed <number>', 'of sampling', atLeast(0), 1)
    .option('--max-tokens <number>', 'longest answer (default: what the model has room for)', atLeast(1))
    .option('--samples <number>', 'answers to each row; more than one estimates pass@k', atLeast(1), 1)
    .addHelpText(
      'after',
      `
Example:
  $ preheat eval test.jsonl --model preheat-1m --grader grader.json --prompt '{{item.word}}'

test.jsonl:   {"item": {"word": "cat", "references": ["K AE T"]}}
grader.json:  {"type": "phoneme_error_rate", "name": "phonemes", "input": "{{sample.output_text}}",
               "references": "{{item.references}}", "pass_threshold": 1}`,
    )
    .action(async (rows: string, _flags, command: Command) => evaluate(openSession<EvalFlags>(command, io), rows));
}

async function evaluate(session: Session<EvalFlags>, rows: string): Promise<void> {
  const { client, flags, io } = session;
  const graders = [readJson<GraderSpec | GraderSpec[]>(flags.grader, io)].flat();
  if (graders.length === 0) throw new UsageError('--grader is an empty array: at least one grader is needed');
  const source = { type: 'file_id' as const, id: await fileId(rows, 'evals', client, io) };
  const { id: evalId } = await client.evals.create({
    name: flags.name,
    data_source_config: { type: 'custom', item_schema: { type: 'object' }, include_sample_schema: true },
    testing_criteria: graders,
  });
  const results: Result[] = [];
  for (const model of flags.model) {
    const created = await client.evals.runs.create(evalId, {
      name: model,
      data_source: dataSource(flags, model, source),
      ...(flags.samples === 1 ? {} : { samples_per_item: flags.samples }),
    });
    const run = await awaited(session, evalId, created.id, model);
    results.push({ model, run, ...(await summariseItems(client.evals.runs.items(evalId, run.id, { limit: 100 }))) });
  }
  session.show({ eval_id: evalId, results }, () => `${resultTable(results)}${passTable(results)}\n\neval ${evalId}`);
  const failures = results.map(failureOf).filter((failure) => failure !== undefined);
  if (failures.length > 0) throw new CommandFailed(failures.join('\n'));
}

/** What keeps the figures from being about every row: the run ended early, or rows could not be answered or graded. */
function failureOf({ model, run, firstError }: Result): string | undefined {
  if (run.status !== 'completed')
    return `the run of ${model} ${run.status}: ${run.error?.message ?? 'no reason given'}`;
  const { errored, total } = run.result_counts;
  if (errored === 0) return undefined;
  return `${errored} of ${total} rows failed with ${model}; the first: ${firstError ?? 'no reason given'}`;
}

interface Result extends ItemSummary {
  readonly model: string;
  readonly run: EvalRunObject;
}

function dataSource(flags: EvalFlags, model: string, source: { type: 'file_id'; id: string }) {
  const system = flags.system === undefined ? [] : [{ role: 'system' as const, content: flags.system }];
  return {
    type: 'completions' as const,
    model,
    source,
    input_messages: {
      type: 'template' as const,
      template: [...system, { role: 'user' as const, content: flags.prompt }],
    },
    sampling_params: {
      temperature: flags.temperature ?? (flags.samples === 1 ? 0 : 1),
      seed: flags.seed,
      ...(flags.maxTokens === undefined ? {} : { max_completion_tokens: flags.maxTokens }),
    },
  };
}

async function awaited(
  session: Session<EvalFlags>,
  evalId: string,
  runId: string,
  model: string,
): Promise<EvalRunObject> {
  const { client, io } = session;
  const line = new ProgressLine(io.stderr, io.nowMs);
  try {
    return await client.evals.runs.wait(evalId, runId, {
      signal: io.signal,
      onUpdate: ({ status, result_counts: { total, passed, failed, errored } }) => {
        const done = passed + failed + errored;
        line.update(`${model}  ${status}  ${progressBar(total === 0 ? 0 : done / total)}  ${done}/${total}`);
      },
    });
  } finally {
    line.end();
  }
}

/** pass@k of all criteria together; empty with one answer to each row. */
function passTable(results: readonly Result[]): string {
  const all = results.map(({ model, run }) => ({
    model,
    values: (run.pass_at_k ?? []).filter(({ testing_criteria }) => testing_criteria === null),
  }));
  const ks = all[0]?.values.map(({ k }) => k) ?? [];
  if (ks.length === 0) return '';
  const columns = ks.map((k) => ({ title: `PASS@${k}`, align: 'right' as const }));
  const rows = all.map(({ model, values }) => [model, ...values.map(({ value }) => `${(100 * value).toFixed(1)} %`)]);
  return `\n\n${renderTable([{ title: 'MODEL' }, ...columns], rows)}`;
}

function resultTable(results: readonly Result[]): string {
  return renderTable(
    [
      { title: 'MODEL' },
      { title: 'CRITERION' },
      { title: 'MEAN SCORE', align: 'right' },
      { title: 'PASSED', align: 'right' },
      { title: 'ITEMS', align: 'right' },
    ],
    results.flatMap(({ model, criteria }) =>
      criteria.map(({ name, meanScore, passed, items }) => [
        model,
        name,
        meanScore.toFixed(4),
        `${((100 * passed) / items).toFixed(1)} %`,
        String(items),
      ]),
    ),
  );
}
