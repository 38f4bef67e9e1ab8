/** One system from its experiment to its ledger, plot and line in the table. */
import { existsSync } from 'node:fs';
import type { Preheat } from '@preheat/sdk';
import { baseDecoder, importBase, importFresh } from './bases.js';
import { experimentPath, recordRun, writeIndex } from './catalogue.js';
import { readExperiment } from './experiment.js';
import type { Lab } from './lab.js';
import { ledgerEntry } from './ledger.js';
import { duration, type ProgressLog } from './progress-log.js';
import { runArms } from './run-arms.js';

interface Bench {
  readonly client: Preheat;
  readonly lab: Lab;
  readonly log: ProgressLog;
  readonly nowMs: () => number;
}

/** @throws Error for a system that is not built, or whatever an arm failed with; what was done is kept for the next run. */
export async function reproduceSystem({ client, lab, log, nowMs }: Bench, id: string, preset: string): Promise<void> {
  const path = experimentPath(id);
  if (!existsSync(path)) throw new Error(`${id} is not built: there is no ${path}`);
  const experiment = readExperiment(path, preset);
  const startMs = nowMs();
  const base = await importBase(client, experiment.base);
  const startsFresh = Object.values(experiment.arms).some(({ from }) => from === 'fresh');
  const fresh = startsFresh ? await importFresh(client, experiment.base) : null;
  const runs = await runArms(experiment, { base, fresh, decoder: baseDecoder(experiment.base), lab, log, nowMs });
  const entry = ledgerEntry(experiment, preset, runs, base.origin);
  recordRun(entry);
  writeIndex();
  for (const { says, margin_value: margin, passed } of entry.checks) {
    log.message(`${passed ? 'held' : 'missed'}: ${says} (margin ${margin})`);
  }
  log.message(`${id}: ${entry.verdict}, in ${duration((nowMs() - startMs) / 1000)}`);
}
