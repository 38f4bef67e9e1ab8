/** A preflight report as text: what stands in the way first, then numbers, then the tokens that are trained. */
import type { PreflightReport } from '@preheat/sdk';
import { formatDuration } from '../duration.js';
import { printable } from '../printable.js';
import { renderTable } from '../table.js';

type Phase = PreflightReport['phases'][number];
type Data = Phase['training'];
type RunnerClass = PreflightReport['classes'][number];

/** @param isColoured Whether trained tokens are green; otherwise they stand in brackets. */
export function preflightText(report: PreflightReport, isColoured: boolean): string {
  const { phases } = report;
  const sections = [
    report.ready ? 'ready: a job of this request would be queued' : `refused: ${report.errors.length} to correct`,
    ...report.errors.map(({ message, code, param }) => `  ${code}${param === null ? '' : ` at ${param}`}: ${message}`),
    ...report.warnings.map((warning) => `  warning: ${warning}`),
    ...phases.flatMap((phase, index) => ['', ...phaseLines(phase, index, phases.length)]),
    '',
    classTable(report.classes),
    ...basisLines(report.classes),
    ...phases.flatMap((phase) => previewLines(phase, isColoured)),
  ];
  return sections.join('\n');
}

function phaseLines(phase: Phase, index: number, count: number): string[] {
  const title = count > 1 ? `phase ${index + 1}: ${phase.algorithm}` : phase.algorithm;
  return [
    `${title}, ${phase.steps} steps, ${range(phase.trained_tokens)} trained tokens`,
    ...dataLines('training', phase.training),
    ...(phase.validation ? dataLines('validation', phase.validation) : []),
    ...(phase.rewards ? [line('rewards', rewardText(phase.rewards))] : []),
  ];
}

function dataLines(name: string, data: Data): string[] {
  const { tokens, longest_rows: longest } = data;
  const counted = data.tokenised_rows < data.rows ? `, counted in ${data.tokenised_rows} of them` : '';
  return [
    line(name, `${data.filename}: ${data.rows} rows, ${tokens.total} tokens${counted}`),
    line(
      '',
      `a row: mean ${number(tokens.mean)}, half up to ${tokens.p50}, 95 % up to ${tokens.p95}, longest ${tokens.max}`,
    ),
    line('', `longest: ${longest.map(({ line: at, tokens: size }) => `line ${at} (${size})`).join(', ')}`),
    line('', `cut at ${data.max_sequence_length}: ${data.truncated_rows} rows, ${data.truncated_tokens} tokens`),
    ...(tokens.trained > 0
      ? [line('', `trained: ${tokens.trained} tokens; rows that train nothing: ${data.untrained_rows}`)]
      : []),
    line(
      '',
      `twice: ${data.duplicate_rows} rows${data.rows_in_training === null ? '' : `; also in training: ${data.rows_in_training}`}`,
    ),
    ...data.problems.map((problem) =>
      line('', `line ${problem.line}${problem.path ? ` (${problem.path})` : ''} ${problem.message}`),
    ),
  ];
}

function rewardText(rewards: NonNullable<Phase['rewards']>): string {
  if (rewards.not_sampled !== null)
    return `not sampled: ${rewards.not_sampled}; the grader was run on ${rewards.rows} rows`;
  const { mean, variance, zero_variance_share: flat } = rewards;
  return (
    `mean ${known(mean)}, variance within a row ${known(variance)}, rows without variance ${flat === null ? 'unknown' : `${number(100 * flat)} %`} ` +
    `(${rewards.rows} rows, ${rewards.completions_per_row} completions each)`
  );
}

function classTable(classes: readonly RunnerClass[]): string {
  const hasHost = classes.some(({ host }) => host !== undefined);
  const columns = [
    { title: 'RUNNERS' },
    { title: 'MEMORY' },
    { title: 'NEEDED' },
    ...(hasHost ? [{ title: 'HOST' }, { title: 'NEEDED' }] : []),
    { title: 'FITS' },
    { title: 'TIME' },
    { title: 'COST' },
  ];
  const rows = classes.map((each) => [
    each.runner_class,
    bytes(each.memory_bytes),
    bytes(each.needed.total),
    ...(hasHost ? hostCells(each) : []),
    each.fits ? 'yes' : 'no',
    each.train_seconds ? `${duration(each.train_seconds.low)} to ${duration(each.train_seconds.high)}` : '',
    each.cost ? range(each.cost) : '',
  ]);
  return renderTable(columns, rows);
}

const hostCells = ({ host }: RunnerClass): string[] =>
  host ? [bytes(host.memory_bytes), bytes(host.needed.total)] : ['', ''];

const basisLines = (classes: readonly RunnerClass[]): string[] =>
  [...new Set(classes.filter(({ fits }) => fits).map(({ basis }) => basis))].map((basis) => `time is ${basis}`);

const GREEN = '\u001b[32m';
const PLAIN = '\u001b[0m';

function previewLines({ type, training: { preview, filename } }: Phase, isColoured: boolean): string[] {
  if (preview.length === 0) return [];
  const key = isColoured ? `${GREEN}green${PLAIN}` : '[in brackets]';
  const title =
    type === 'reinforcement'
      ? `prompts of ${filename}, which are not trained: their completions are`
      : `what is trained of ${filename}: ${key}`;
  return ['', title, ...preview.map((row) => previewLine(row, isColoured))];
}

function previewLine(
  { line: at, tokens, omitted_tokens: omitted }: Data['preview'][number],
  isColoured: boolean,
): string {
  let text = '';
  tokens.forEach((token, index) => {
    const [before, after] = [tokens[index - 1]?.trained ?? false, tokens[index + 1]?.trained ?? false];
    const open = token.trained && !before ? (isColoured ? GREEN : '[') : '';
    const close = token.trained && !after ? (isColoured ? PLAIN : ']') : '';
    text += open + printable(token.text) + close;
  });
  return `  line ${at}: ${text}${omitted > 0 ? ` … ${omitted} more tokens` : ''}`;
}

const line = (name: string, text: string): string => `  ${name.padEnd(10)} ${text}`;
const number = (value: number): string => String(Number(value.toPrecision(3)));
const known = (value: number | null): string => (value === null ? 'unknown' : number(value));
const duration = (seconds: number): string => formatDuration(1000 * seconds);
const bytes = (count: number): string => (count >= 1e9 ? `${number(count / 1e9)} GB` : `${number(count / 1e6)} MB`);

function range({ low, high }: { low: number; high: number }): string {
  const text = (value: number): string => (value >= 1000 ? String(Math.round(value)) : number(value));
  return text(low) === text(high) ? text(low) : `${text(low)} to ${text(high)}`;
}
