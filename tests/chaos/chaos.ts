/**
 * `npm run chaos -- --help`: the platform as real processes, killed, stopped past their leases and restarted at random while
 * real jobs train; in the end every job has the weights of an undisturbed run and nothing is left over.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fillBlock } from '../bench/replace-block.js';
import { markdownTable } from '../bench/table.js';
import { type ChaosReport, runChaos } from './run-chaos.js';
import { STORE_NAMES, type StoreName } from './stores.js';

const HELP = `npm run chaos [-- options]: torment real processes while real jobs train, then check what became of them.

  --minutes N    the time of torment, shared by the stores (5)
  --jobs N       jobs to submit on each store (30)
  --store NAME   ${STORE_NAMES.join(', ')}; repeat it for several (all)
  --seed N       the same blows again, as far as processes allow
  --write-docs   replace the figures in docs/reliability.md`;

const { values } = parseArgs({
  options: {
    help: { type: 'boolean', default: false },
    minutes: { type: 'string', default: '5' },
    jobs: { type: 'string', default: '30' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    store: { type: 'string', multiple: true, default: [...STORE_NAMES] },
    'write-docs': { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(HELP);
  process.exit(0);
}
const number = (name: 'minutes' | 'jobs' | 'seed'): number => {
  const value = Number(values[name]);
  if (Number.isFinite(value) && value >= 0) return value;
  throw new Error(`--${name} takes a number from 0, not ${values[name]}`);
};
const stores = values.store.map((name) => {
  if (STORE_NAMES.includes(name as StoreName)) return name as StoreName;
  throw new Error(`--store takes ${STORE_NAMES.join(', ')}, not ${name}`);
});

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
const folder = await mkdtemp(join(tmpdir(), 'preheat-chaos-'));
const tell = (line: string): void => console.log(line);
const tormentMs = (number('minutes') * 60_000) / stores.length;
const options = { seed: number('seed'), jobs: number('jobs'), tormentMs, folder, tell };
tell(`seed ${options.seed}; logs in ${folder}`);

const reports: ChaosReport[] = [];
for (const name of stores) {
  const report = await runChaos(name, options);
  if (!report) {
    tell(`${name}: SKIPPED, needs moto_server on the PATH or in PREHEAT_MOTO_SERVER: pip install 'moto[server]'`);
    continue;
  }
  reports.push(report);
  const { wrong, ...counts } = report;
  tell(`${name}: ${wrong.length === 0 ? 'everything held' : `${wrong.length} problems`} ${JSON.stringify(counts)}`);
  for (const problem of wrong) tell(`  ${problem}`);
}
if (values['write-docs']) fillBlock('reliability.md', 'chaos', figures());
const hasFailed = reports.some(({ wrong }) => wrong.length > 0);
if (hasFailed) tell(`repeat it with: npm run chaos -- --seed ${options.seed}`);
else await rm(folder, { recursive: true, force: true });
process.exit(hasFailed ? 1 : 0);

function figures(): string {
  const header = ['store', 'jobs', 'ended', 'SIGKILL', 'SIGSTOP past the lease', 'SIGTERM', 'starts of 4 processes'];
  const rows = reports.map(({ store, ended, killed, stopped, terminated, starts, redriven, wrong }) => {
    const problems = wrong.length === 0 ? 'none' : String(wrong.length);
    return [
      store,
      String(options.jobs),
      ...[ended, killed, stopped, terminated, starts, redriven].map(String),
      problems,
    ];
  });
  const title = `Seed ${options.seed}, ${Math.round(tormentMs / 1000)} s of blows on each store.`;
  return `${title}\n\n${markdownTable([...header, 'redriven dead letters', 'problems'], rows)}`;
}
