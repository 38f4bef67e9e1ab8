/** The page of one system: its plot, what every arm reached, cost and forgot, and the checks. */
import type { LedgerArm, LedgerEntry, LedgerSeed, OverSeeds } from './ledger.js';
import { PLOT_FILE } from './plot-arms.js';
import { mean } from './scores.js';

const UNKNOWN = 'not measured';

export function armsPage(entry: LedgerEntry): string {
  const { system, preset, claim, criterion, verdict, seeds, command, notes, unjudged = [] } = entry;
  const arms = Object.entries(entry.arms);
  return [
    `# ${system}`,
    '',
    `${claim}. Criterion, set in advance: ${criterion.replace(/\.$/, '')}. **${verdict}** (preset ${preset}, seeds ${seeds.join(', ')}).`,
    '',
    `Written by \`${command}\` from [ledger.json](ledger.json).`,
    '',
    `![What every arm reached](${PLOT_FILE})`,
    '',
    ...reached(arms),
    '',
    '## What it took',
    '',
    ...COST_NOTES,
    '',
    ...table(
      arms.map(([name, arm]) => [name, ...costCells(arm)]),
      COST,
    ),
    '',
    ...listed('## Notes', notes),
    ...listed('## What no check judges', unjudged),
  ].join('\n');
}

/** A column for each kind of figure that any arm has. */
function reached(arms: readonly (readonly [string, LedgerArm])[]): string[] {
  const columns = [PASSES, LOSSES, METRICS].filter(({ cell }) => arms.some(([, arm]) => cell(arm) !== ''));
  return table(
    arms.map(([name, arm]) => [name, arm.title, ...columns.map(({ cell }) => cell(arm))]),
    ['arm', 'what it is', ...columns.map(({ head }) => head)],
  );
}

interface Column {
  readonly head: string;
  readonly cell: (arm: LedgerArm) => string;
}

const PASSES: Column = {
  head: 'greedy pass@1: mean over seeds [lowest, highest]',
  cell: ({ summary }) => suiteCell(summary, percent),
};
const LOSSES: Column = {
  head: 'validation loss, nats a token: first → last, means over seeds [lowest, highest last]',
  cell: ({ by_seed }) => {
    const losses = Object.values(by_seed).flatMap((seed) => seed.losses ?? []);
    const last = losses.map((loss) => loss.last);
    if (losses.length === 0) return '';
    const range = [Math.min(...last), Math.max(...last)].map(loss).join(', ');
    return `${loss(mean(losses.map(({ first }) => first)))} → ${loss(mean(last))} [${range}]`;
  },
};
const METRICS: Column = {
  head: 'metrics: means over steps and seeds [lowest, highest]',
  cell: ({ by_seed }) => {
    const seeds = Object.values(by_seed).flatMap(({ metrics }) => (metrics ? [metrics] : []));
    return Object.keys(seeds[0] ?? {})
      .map((name) => {
        const values = seeds.flatMap((metrics) => metrics[name] ?? []);
        const [middle, low, high] = [mean(values), Math.min(...values), Math.max(...values)].map((x) =>
          x.toPrecision(4),
        );
        return `${name} ${middle} [${low}, ${high}]`;
      })
      .join('<br>');
  },
};
const COST = [
  ...['arm', 'steps', 'trained tokens', 'sampled tokens', 'training operations', 'seconds'],
  ...['entropy', 'KL of the update', 'KL to the reference', 'forgetting, in points'],
];
const COST_NOTES = [
  'Means over seeds. Operations: 6 a weight and trained token (times optimiser passes), 2 a weight and sampled or scored token, and those of',
  'attention; prompts read before sampling, validation, graders and what a recipe samples before its first step are not counted. Seconds have',
  'waits and answers in them. Entropy (of what was sampled) and KL, in nats a token, are of the last step of reinforcement that measured them;',
  'forgetting is what greedy pass@1 lost against the base on tasks that the arm never trains on.',
];

function costCells(arm: LedgerArm): string[] {
  const seeds = Object.values(arm.by_seed);
  const over = (read: (seed: LedgerSeed) => number | undefined, show: (value: number) => string): string => {
    const values = seeds.flatMap((seed) => read(seed) ?? []);
    return values.length < seeds.length || values.length === 0 ? UNKNOWN : show(mean(values));
  };
  const policy = (read: (seed: LedgerSeed) => number | undefined): string =>
    seeds.some((seed) => read(seed) !== undefined) ? over(read, (value) => value.toPrecision(3)) : '';
  return [
    over((seed) => seed.steps, whole),
    over((seed) => seed.trained_tokens, whole),
    over((seed) => seed.sampled_tokens, whole),
    over((seed) => seed.training_flops, operations),
    over((seed) => seed.wall_seconds, whole),
    policy((seed) => seed.policy?.entropy),
    policy((seed) => seed.policy?.approx_kl),
    policy((seed) => seed.policy?.reference_kl),
    suiteCell(arm.forgetting ?? {}, (share) => (100 * share).toFixed(1)),
  ];
}

const suiteCell = (suites: Readonly<Record<string, OverSeeds>>, show: (value: number) => string): string =>
  Object.entries(suites)
    .map(([suite, { mean: middle, low, high }]) => `${suite} ${show(middle)} [${show(low)}, ${show(high)}]`)
    .join('<br>');

const loss = (value: number): string => value.toFixed(3);
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
const whole = (value: number): string => Math.round(value).toLocaleString('en-US');
const operations = (value: number): string => (value === 0 ? '0' : value.toExponential(2));

function table(rows: readonly (readonly string[])[], head: readonly string[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)];
}

const listed = (title: string, items: readonly string[]): string[] =>
  items.length === 0 ? [] : [title, '', ...items.map((item) => `- ${item}`), ''];
