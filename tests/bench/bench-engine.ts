/**
 * The engine beside its peers, in one run: `npm run bench:engine -- --help`. Progress on standard error, the table on
 * standard output. Nothing here asserts a time.
 */
import { execFileSync } from 'node:child_process';
import { cpus } from 'node:os';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { bundleWorkloads } from './bundle-workloads.js';
import { Ledger } from './ledger.js';
import { hasProc, linuxMachine } from './linux-machine.js';
import { allMatches } from './matches.js';
import { outcomesOf } from './outcome.js';
import { ensureModels, findPeers, REPOSITORY } from './peers.js';
import { runMatches } from './run-matches.js';
import { outcomeTable } from './table.js';
import { writeDocs } from './write-docs.js';

const HELP = `npm run bench:engine -- [options]

  --rounds N        interleaved rounds of every row (5)
  --only A,B        rows whose name begins so: sft, generate, grpo, start, long, roof, profile, growth, sft-t1, …
  --sides A,B       only sides whose name begins so (ours, torch, trl …)
  --json FILE       measurements: rows already in it are not run again
  --budget SECONDS  begin no run after this time; go on later with the same --json
  --quick           one round of few steps, to see that everything runs
  --report          run nothing, only report what --json holds
  --write-docs      fill the block of docs/engine.md that is named as the file of --json, and draw its docs/engine/*.svg
  --list            names of all rows

Peers: PREHEAT_PEER_PYTHON (torch, transformers, trl), PREHEAT_BENCH_PEERS (folder of their scripts; default
../shared/bench), PREHEAT_BENCH_MODELS (default .cache/bench-models, made by their make_models.py).`;

const { values } = parseArgs({
  options: {
    rounds: { type: 'string' },
    only: { type: 'string', default: '' },
    sides: { type: 'string', default: '' },
    json: { type: 'string' },
    budget: { type: 'string', default: 'Infinity' },
    quick: { type: 'boolean', default: false },
    report: { type: 'boolean', default: false },
    'write-docs': { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const tell = (message: string) => console.error(message);

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new Error(`--${name} must be a positive number, got ${text}`);
  return value;
}

const startsWithAny = (text: string, prefixes: string): boolean =>
  prefixes === '' || prefixes.split(',').some((prefix) => text.startsWith(prefix));

async function main(): Promise<void> {
  const peers = findPeers(process.env);
  const matches = allMatches({ peers, isQuick: values.quick }).filter(({ id }) => startsWithAny(id, values.only));
  if (values.list) return console.log(matches.map(({ id, title }) => `${id.padEnd(20)} ${title}`).join('\n'));
  if (matches.length === 0) throw new Error(`no row begins with ${values.only}; --list names them`);
  const [first] = cpus();
  const cpu = first?.model.trim() ?? 'unknown processor';
  const ledger = Ledger.open(values.json ?? null, { cpu, cores: cpus().length, node: process.versions.node });
  const folders = {
    ...(peers.scripts === null ? {} : { PREHEAT_BENCH_PEERS: peers.scripts }),
    PREHEAT_BENCH_MODELS: peers.models,
    ...(peers.python === null ? {} : { PREHEAT_PEER_PYTHON: peers.python }),
    REPOSITORY: REPOSITORY.replace(/\/$/, ''),
  };
  if (!hasProc()) tell('no /proc on this system: nothing guards the rounds against other load');
  if (!values.report) ensureModels(peers);
  if (!values.report) await bundleWorkloads();
  const chosen = matches.map((match) => ({
    ...match,
    sides: match.sides.map((side) =>
      startsWithAny(side.id, values.sides) ? side : { ...side, missing: 'left out by --sides' },
    ),
  }));
  const failures = await runMatches(values.report ? [] : chosen, ledger, {
    rounds: positive('rounds', values.rounds ?? (values.quick ? '1' : '5')),
    budgetS: positive('budget', values.budget),
    folder: REPOSITORY,
    folders,
    revision: execFileSync('git', ['rev-parse', 'HEAD'], { cwd: REPOSITORY, encoding: 'utf8' }).trim(),
    machine: hasProc() ? linuxMachine : null,
    tell,
  });
  console.log(outcomeTable(chosen.flatMap((match) => outcomesOf(match, ledger, failures, folders))));
  if (!values['write-docs']) return;
  if (values.json === undefined) throw new Error('--write-docs names its block after the file of --json: give one');
  const name = basename(values.json, '.json');
  writeDocs(join(REPOSITORY, 'docs'), { name, matches, ledger, failures, folders });
}

if (values.help) console.log(HELP);
else await main();
