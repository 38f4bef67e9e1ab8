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
    `${claim}. Criterion, set in advance: ${criterion}. **${verdict}** (preset ${preset}, seeds ${seeds.join(', ')}).`,
    '',
    `Written by \`${command}\` from [ledger.json](ledger.json).`,
    '',
    `![Greedy pass@1 of every arm](${PLOT_FILE})`,
    '',
    ...table(
      arms.map(([name, arm]) => [name, arm.title, suiteCell(arm.summary, percent)]),
      REACHED,
    ),
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

const REACHED = ['arm', 'what it is', 'greedy pass@1: mean over seeds [lowest, highest]'];
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

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
const whole = (value: number): string => Math.round(value).toLocaleString('en-US');
const operations = (value: number): string => (value === 0 ? '0' : value.toExponential(2));

function table(rows: readonly (readonly string[])[], head: readonly string[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)];
}

const listed = (title: string, items: readonly string[]): string[] =>
  items.length === 0 ? [] : [title, '', ...items.map((item) => `- ${item}`), ''];
