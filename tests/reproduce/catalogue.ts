/** The 46 systems and where each stands, from the experiments in the recipes and the committed ledgers. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { armsPage } from './arms-page.js';
import { baseAbility } from './base-ability.js';
import { baseFigures } from './base-figures.js';
import { type LedgerEntry, type Verdict, VERDICTS } from './ledger.js';
import { readExperiment } from './experiment.js';
import { PLOT_FILE, svgOfArms } from './plot-arms.js';
import { BASE_ARM } from './run-arms.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const RECIPES = join(ROOT, 'packages/recipes/src');
const REPRODUCTIONS = join(ROOT, 'docs/reproductions');
const LEDGER = 'ledger.json';
const PAGE = 'README.md';
/** Of an experiment that was not run yet, what would be. */
const JUDGED_FIRST = 'small';

export interface System {
  readonly number: number;
  readonly id: string;
  readonly title: string;
}

export type Status = Verdict | 'built, not run' | 'recipe alone' | 'not built';

/** In the order of the reference. */
export const systems = (): System[] =>
  JSON.parse(readFileSync(new URL('./systems.json', import.meta.url), 'utf8')) as System[];

/** Where the experiment of a system is, whether or not it is built. */
export const experimentPath = (id: string): string => join(RECIPES, id, 'experiment.json');

export function ledgerOf(id: string, folder = REPRODUCTIONS): LedgerEntry | undefined {
  const path = join(folder, id, LEDGER);
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as LedgerEntry) : undefined;
}

export function statusOf(id: string): Status {
  // A system that only arranges phases of other recipes has an experiment and no recipe of its own.
  if (!existsSync(experimentPath(id))) return existsSync(join(RECIPES, id, 'recipe.ts')) ? 'recipe alone' : 'not built';
  const entry = ledgerOf(id);
  return entry && entry.verdict !== VERDICTS.unjudged ? entry.verdict : 'built, not run';
}

/** One line a system. */
export function listing(): string {
  return systems()
    .map(({ number, id }) => `${String(number).padStart(2)}  ${id.padEnd(26)}${statusOf(id)}\n`)
    .join('');
}

/** Writes ledger and plot of a run. */
export function recordRun(entry: LedgerEntry, folder = REPRODUCTIONS): void {
  const place = join(folder, entry.system);
  mkdirSync(place, { recursive: true });
  writeFileSync(join(place, LEDGER), `${JSON.stringify(entry, null, 2)}\n`);
  writeFileSync(join(place, PLOT_FILE), svgOfArms(entry));
}

/** The table of all, and the page of each from its ledger. */
export function writeIndex(): void {
  mkdirSync(REPRODUCTIONS, { recursive: true });
  for (const { id } of systems()) {
    const entry = ledgerOf(id);
    if (entry) writeFileSync(join(REPRODUCTIONS, id, PAGE), armsPage(entry));
  }
  writeFileSync(join(REPRODUCTIONS, 'README.md'), indexText());
}

export function indexText(): string {
  const rows = systems().map(({ number, id, title }) => {
    const known = ledgerOf(id);
    // What only shows that the machinery works has effects of nothing, and is not to be read as a result.
    const entry = known?.verdict === VERDICTS.unjudged ? undefined : known;
    const cells = entry ? [entry.claim, armsCell(entry), checksCell(entry)] : plannedCells(id);
    const name = entry ? `[${id}](${id}/${PAGE})` : id;
    const row = [number, name, title, ...cells, statusOf(id)];
    return `| ${row.map((cell) => String(cell).replaceAll('|', '\\|')).join(' | ')} |`;
  });
  return [...HEAD, ...rows, ...basesText(), ''].join('\n');
}

/** Of an experiment without a verdict: what it is to show. */
function plannedCells(id: string): [string, string, string] {
  const path = experimentPath(id);
  if (!existsSync(path)) return ['', '', ''];
  const { claim, criterion, ...planned } = readExperiment(path, JUDGED_FIRST);
  const arms = { [BASE_ARM]: null, ...planned.arms };
  return [claim, armsCell({ ...planned, arms, preset: JUDGED_FIRST }), `set in advance: ${criterion}`];
}

/** What the base checkpoints can do, from the figures committed with them. */
function basesText(): string[] {
  const rows = baseFigures().flatMap(({ name, suites }) =>
    Object.entries(suites).map(([suite, scores]) => {
      const { k, value } = scores.pass_k ?? { k: 0, value: 0 };
      return `| ${name} | ${suite} | ${percent(scores.pass_1_greedy)} | ${percent(scores.pass_1_sampled ?? 0)} | ${percent(value)} (${k}) | ${baseAbility(scores)} |`;
    }),
  );
  return [...BASES_HEAD, ...rows];
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

const HEAD = [
  '# Reproductions',
  '',
  'Published systems, each as a scaled-down experiment with its control arms. The criterion of every experiment was set before it was run; a',
  'missed one stands here as missed. Written by `npm run reproduce -- --index` from the ledgers beside it, which hold every arm and seed.',
  '',
  '`npm run reproduce -- <id>` runs one: its arms are ordinary jobs on an embedded platform, answers are judged by exact verifiers on held-out',
  'structures, and what was done once (a warm-up that arms share, a run that was killed) is not done again. `--preset small` takes at most about',
  '30 minutes on two cores, `full` has the size of the reference, `tiny` only shows that the machinery works and is no verdict.',
  'A check passes when its margin holds on the means over seeds and its effect is positive with every seed, or its 90 % interval',
  '(paired bootstrap over items) is above 0. Of losses, steps and times there are no items: they must be positive with every seed.',
  'Where a check asks for the best or the worst of several arms by name of a pick, the other seeds pick it for each seed.',
  '',
  '| | system | paper | claim at this scale | arms | checks: effect [90 % interval], margin | verdict |',
  '|---|---|---|---|---|---|---|',
];

const BASES_HEAD = [
  '',
  '## Base checkpoints',
  '',
  'What experiments start from: small decoders trained once from fresh weights on every text task, short answers with some noisy working, and',
  'committed in `tests/reproduce/bases` as float16. `npm run reproduce -- --bases` makes and measures them anew from `bases.json`.',
  'A base is meant to be right at the first try in 5 to 25 % of the items and in far more with sixteen samples. The last column says where it is',
  'not: from below, reinforcement has little to reward and arms may differ in nothing. Guessing well-formed answers is right in 25 % of kk2 and',
  '3 % of zebra3.',
  '',
  '| base | task (test split) | pass@1 greedy | pass@1 sampled | pass@k (k) | 5-25 % greedy |',
  '|---|---|---|---|---|---|',
];

const armsCell = ({ arms, seeds, preset }: Pick<LedgerEntry, 'seeds' | 'preset'> & { arms: object }): string =>
  `${Object.keys(arms).join(', ')} (${seeds.length} ${seeds.length === 1 ? 'seed' : 'seeds'}, ${preset})`;

const checksCell = ({ checks }: LedgerEntry): string =>
  checks
    .map(({ says, effect_interval: [low, high], effect_by_seed: bySeed, margin_value, passed }) => {
      const effects = Object.values(bySeed).map((value) => value.toFixed(3));
      const interval = `[${low.toFixed(3)}, ${high.toFixed(3)}]`;
      return `${passed ? 'held' : 'missed'}: ${says}: ${effects.join(' ')} ${interval}, ${margin_value.toFixed(3)}`;
    })
    .join('<br>');
