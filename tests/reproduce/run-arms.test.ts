import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FolderArtifacts } from './artifacts.js';
import { type Experiment, resolveExperiment } from './experiment.js';
import { baseDecoder } from './bases.js';
import type { Answers, Lab, LabModel, Trained } from './lab.js';
import { ledgerEntry, VERDICTS, verdictOf } from './ledger.js';
import { svgOfArms } from './plot-arms.js';
import { phaseWork } from './phase-work.js';
import { ProgressLog } from './progress-log.js';
import { runArms } from './run-arms.js';

const step = (algorithm: string) => ({
  type: 'supervised',
  algorithm,
  data: [{ task: 'arith', rows: '$rows', kind: 'chat' }],
  hyperparameters: { max_steps: '$steps' },
});
const document = {
  system: 's3ft',
  claim: 'the second arm is better',
  criterion: 'second ≥ first + 10 points',
  notes: [],
  base: 'B-mix',
  presets: { small: { seeds: [1, 2], sizes: { rows: 8, steps: 4, items: 40 } } },
  suites: { arith: { task: 'arith', items: '$items', max_tokens: 8, samples: 4 } },
  arms: {
    first: { title: 'warm-up alone', steps: [step('warm')] },
    second: { title: 'and more', steps: [step('warm'), step('more')] },
    scratch: { title: 'from nothing', from: 'fresh', steps: [step('warm')] },
  },
  checks: [
    { says: 'ten points', effect: 'second__arith - first__arith', margin: 'second__arith - first__arith - 0.1' },
  ],
};

/** A lab whose models know how often they were trained; what it did is on record. */
class CountingLab implements Lab {
  readonly jobs: string[] = [];
  readonly #artifacts: FolderArtifacts;
  readonly #failAt: number;

  constructor(folder: string, failAt = Number.POSITIVE_INFINITY) {
    this.#artifacts = new FolderArtifacts(folder);
    this.#failAt = failAt;
  }

  train(from: LabModel, { algorithm }: { algorithm: string }, seed: number): Promise<Trained> {
    return this.#artifacts.once('job', { from: from.origin, algorithm, seed }, async (key) => {
      if (this.jobs.length === this.#failAt) throw new Error('killed');
      this.jobs.push(`${from.name.split('+')[0]} ${algorithm} ${seed}`);
      const model = { name: `${from.name}+`, origin: key };
      const hyperparameters = { batch_size: 5, group_size: 2, kl_beta: 0.1 };
      const seen = { completion_tokens_mean: 3, trained_rows: 10, sampled_entropy: 0.5, approx_kl: 0.01 };
      const steps = algorithm === 'more' ? [seen, seen] : [{ step: 1 }];
      const work = phaseWork({ trainedTokens: 100, hyperparameters, steps });
      return { model, trainedTokens: 100, steps: 4, wallSeconds: 1, job: 'ftjob', curve: [{ step: 4, loss: 1 }], work };
    });
  }

  answer(model: LabModel, { items }: { items: number }): Promise<Answers> {
    const right = Math.min(items, 10 * model.name.split('+').length);
    return this.#artifacts.once('answers', model.origin, async () => ({
      greedy: Array.from({ length: items }, (_, i) => Number(i < right)),
      tokens: new Array<number>(items).fill(5),
      sampledRight: Array.from({ length: items }, (_, i) => (i < right ? 4 : i % 2)),
      votedRight: Array.from({ length: items }, (_, i) => Number(i < right)),
      wallSeconds: 1,
    }));
  }
}

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'reproduce-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const base = { name: 'base', origin: 'base' };
const experiment: Experiment = resolveExperiment(document, 'small', 'test');
const run = (lab: Lab) => {
  const log = new ProgressLog({ write: () => true }, () => 0);
  return runArms(experiment, {
    base,
    fresh: { name: 'fresh', origin: 'fresh' },
    decoder: baseDecoder('B-mix'),
    lab,
    log,
    nowMs: () => 0,
  });
};

describe('runArms', () => {
  it('trains what arms have in common once, and every arm with every seed', async () => {
    const lab = new CountingLab(folder);
    const runs = await run(lab);
    expect(lab.jobs.toSorted()).toEqual([
      ...['base more 1', 'base more 2', 'base warm 1', 'base warm 2', 'fresh warm 1', 'fresh warm 2'],
    ]);
    expect(runs.map(({ arm, seed }) => `${arm} ${seed}`)).toEqual([
      ...['base 1', 'base 2', 'first 1', 'first 2', 'second 1', 'second 2', 'scratch 1', 'scratch 2'],
    ]);
    expect(runs[5]).toMatchObject({ trainedTokens: 200, steps: 8, wallSeconds: 3, curve: [{ step: 4, loss: 1 }] });
  });

  it('goes on after a death behind its last result, to the same ledger', async () => {
    const dying = new CountingLab(folder, 2);
    await expect(run(dying)).rejects.toThrow('killed');
    const second = new CountingLab(folder);
    const runs = await run(second);
    expect([...dying.jobs, ...second.jobs]).toHaveLength(6);
    const straight = mkdtempSync(join(tmpdir(), 'reproduce-'));
    expect(ledgerEntry(experiment, 'small', runs, 'base')).toEqual(
      ledgerEntry(experiment, 'small', await run(new CountingLab(straight)), 'base'),
    );
    rmSync(straight, { recursive: true });
  });
});

describe('the ledger entry', () => {
  it('has every arm and seed, scores, checks by seed with an interval, and no name of the machine', async () => {
    const entry = ledgerEntry(experiment, 'small', await run(new CountingLab(folder)), 'base');
    expect(Object.keys(entry.arms)).toEqual(['base', 'first', 'second', 'scratch']);
    expect(entry.arms['second']?.by_seed['2']?.suites['arith']).toEqual({
      pass_1_greedy: 0.75,
      pass_1_sampled: 0.7813,
      pass_k: { k: 4, value: 0.875 },
      vote: { k: 4, value: 0.75 },
      tokens: 5,
    });
    expect(entry.arms['second']?.by_seed['2']).toMatchObject({
      trained_tokens: 200,
      sampled_tokens: 60,
      policy: { entropy: 0.5, approx_kl: 0.01 },
    });
    expect(entry.arms['base']?.by_seed['2']).toMatchObject({ trained_tokens: 0, sampled_tokens: 0, training_flops: 0 });
    expect(entry.arms['first']?.by_seed['1']).not.toHaveProperty('policy');
    expect(entry.arms['first']?.summary).toEqual({ arith: { mean: 0.5, low: 0.5, high: 0.5 } });
    expect(entry.checks[0]).toMatchObject({
      margin_value: 0.15,
      effect_by_seed: { 1: 0.25, 2: 0.25 },
      sign_in_all_seeds: true,
      passed: true,
    });
    expect(entry.verdict).toBe(VERDICTS.reproduced);
    expect(verdictOf(entry.checks, 'tiny')).toBe(VERDICTS.unjudged);
    expect(verdictOf(entry.checks, 'small', ['what no check judges'])).toBe(VERDICTS.partly);
    expect(Object.keys(entry.machine).sort()).toEqual(['cores', 'cpu', 'memory_gib', 'node']);
    const plot = svgOfArms(entry);
    expect(plot).toMatch(/^<svg .*<\/svg>\n$/s);
    expect(plot.match(/<circle/g)).toHaveLength(8);
  });
});
