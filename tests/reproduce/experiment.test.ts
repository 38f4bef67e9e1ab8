import { existsSync, readFileSync } from 'node:fs';
import type { DecoderConfig } from '@preheat/contracts';
import { compileGrader } from '@preheat/graders';
import { recipeNamed } from '@preheat/recipes/catalog';
import { describe, expect, it } from 'vitest';
import { armsPage } from './arms-page.js';
import { readBases } from './bases.js';
import { experimentPath, indexText, ledgerOf, listing, statusOf, systems } from './catalogue.js';
import { type Experiment, readExperiment, resolveExperiment, type RowSource } from './experiment.js';
import { judgeChecks } from './judge-checks.js';
import { experimentDigest } from './ledger.js';
import { PRESETS } from './reproduce-request.js';
import { BASE_ARM } from './run-arms.js';

const built = systems().filter(({ id }) => existsSync(experimentPath(id)));
/** The shape of a base, as far as settings depend on it. */
const model: DecoderConfig = {
  model_type: 'llama',
  vocab_size: 131,
  hidden_size: 96,
  intermediate_size: 256,
  num_hidden_layers: 4,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  head_dim: 24,
  max_position_embeddings: 192,
  rope_theta: 10_000,
  rms_norm_eps: 1e-5,
  tie_word_embeddings: true,
  bos_token_id: null,
  eos_token_id: 2,
  pad_token_id: 0,
};

/** Every arm answers nothing right: enough to read formulas by. */
function blankRuns({ arms, seeds, suites, metrics: named = [] }: Experiment) {
  const answersOf = (arm: string) =>
    Object.fromEntries(
      Object.entries(suites).flatMap(([name, { samples, only_arms: only }]) => {
        const sampled = samples > 0 ? [0, 0] : [];
        const blank = { greedy: [0, 0], tokens: [1, 1], sampledRight: sampled, votedRight: sampled, wallSeconds: 0 };
        return only && !only.includes(arm) ? [] : [[name, blank]];
      }),
    );
  const metrics = Object.fromEntries(named.map((name) => [name, 0]));
  const nothing = { trainedTokens: 0, steps: 0, spent: null, policy: null, metrics, wallSeconds: 0 };
  return [BASE_ARM, ...Object.keys(arms)].flatMap((arm) => {
    const last = arms[arm]?.steps.at(-1);
    const point = last?.type === 'supervised' ? { loss: 0 } : { reward: 0 };
    const curve = last?.validation ? [0, 1].map((step) => ({ step, ...point })) : [];
    return seeds.map((seed) => ({ ...nothing, answers: answersOf(arm), curve, arm, seed }));
  });
}

describe('systems', () => {
  it('are 46, each listed with its status', () => {
    expect(systems()).toHaveLength(46);
    expect(new Set(systems().map(({ id }) => id)).size).toBe(46);
    expect(listing().trimEnd().split('\n')).toHaveLength(46);
    expect(statusOf('hcsp-volleyball')).toBe('not built');
  });

  it('stand in docs/reproductions/README.md as the ledgers say', () => {
    const path = new URL('../../docs/reproductions/README.md', import.meta.url);
    expect(readFileSync(path, 'utf8'), 'write it with `npm run reproduce -- --index`').toBe(indexText());
  });

  it('show their claim, arms and criterion there before they were run', () => {
    const rows = indexText().split('\n');
    for (const { id } of built.filter((system) => statusOf(system.id) === 'built, not run')) {
      const { claim, criterion, arms } = readExperiment(experimentPath(id), 'small');
      const row = rows.find((line) => line.includes(`| ${id} |`))?.replaceAll('\\|', '|');
      for (const text of [claim, criterion, ...Object.keys(arms)]) expect(row).toContain(text);
    }
  });

  it('have a page as the ledger says', () => {
    for (const { id } of systems()) {
      const entry = ledgerOf(id);
      const path = new URL(`../../docs/reproductions/${id}/README.md`, import.meta.url);
      if (entry)
        expect(readFileSync(path, 'utf8'), 'write it with `npm run reproduce -- --index`').toBe(armsPage(entry));
    }
  });
});

const rowsIn = (source: RowSource): number => source.rows * ('copies' in source ? (source.copies ?? 1) : 1);

describe.each(built.map(({ id }) => id))('the experiment of %s', (id) => {
  it.each(PRESETS)(
    'is well formed at %s, with formulas that can be read, settings that recipes take, and graders',
    (preset) => {
      const experiment = readExperiment(experimentPath(id), preset);
      expect(experiment.system).toBe(id);
      expect(Object.keys(readBases())).toContain(experiment.base);
      const results = judgeChecks(experiment, blankRuns(experiment));
      for (const { margin_value: value, margin } of results) expect(value, margin).toSatisfy(Number.isFinite);
      for (const step of Object.values(experiment.arms).flatMap(({ steps }) => steps)) {
        const rows = step.data.reduce((sum, source) => sum + rowsIn(source), 0);
        const config = recipeNamed(step.algorithm)?.resolveConfig(step.hyperparameters, { rows, model });
        expect(config, step.algorithm).toMatchObject({ ok: true });
        // Sources stand one after another: an evaluation of fewer rows leaves the last of them out.
        const followed = step.validation?.reduce((sum, source) => sum + rowsIn(source), 0) ?? 0;
        const { eval_rows: read } = (config?.ok ? config.value : {}) as { eval_rows?: number };
        expect(read, `${step.algorithm} evaluates the first rows alone`).toBeGreaterThanOrEqual(followed);
        if (step.type === 'reinforcement') expect(compileGrader(step.grader)).toMatchObject({ ok: true });
      }
      if (preset !== 'tiny') expect(experiment.seeds.length).toBeGreaterThanOrEqual(3);
    },
  );

  it('is what its ledger was made of', () => {
    const entry = ledgerOf(id);
    if (!entry) return;
    expect(entry.experiment_sha256).toBe(experimentDigest(readExperiment(experimentPath(id), entry.preset)));
  });
});

it.each(PRESETS)(
  'takes a curriculum once from its first row to its last at %s, however many rows are kept',
  (preset) => {
    const { arms } = readExperiment(experimentPath('sari-curriculum'), preset);
    const recipe = recipeNamed('sari-curriculum');
    const stepsOf = (arm: string, share: number) => {
      const { data = [], hyperparameters = {} } = arms[arm]?.steps.at(-1) ?? {};
      const rows = data.reduce((sum, source) => sum + source.rows, 0);
      const config = recipe?.resolveConfig(hyperparameters, { rows, model });
      if (!recipe || !config?.ok) throw new Error(`${arm} has no settings`);
      const passes = (kept: number) => Math.ceil(kept / Number(hyperparameters['batch_size']));
      const kept = Math.ceil(rows * share);
      return { taken: recipe.totalSteps(config.value, kept), ofKept: passes(kept), ofAll: passes(rows) };
    };
    for (const share of [1, 0.8, 0.3]) {
      for (const arm of ['free_easy', 'struct_easy', 'struct_hard', 'struct_shuffled']) {
        const { taken, ofKept } = stepsOf(arm, share);
        expect(taken, arm).toBe(ofKept);
      }
      // What the curriculum is compared with has no fewer steps, whatever its start could solve.
      for (const arm of ['grpo_only', 'answer_only']) {
        const { taken, ofAll } = stepsOf(arm, share);
        expect(taken, arm).toBe(ofAll);
      }
    }
  },
);

it('fills in parts, and names one that is missing or contains itself', () => {
  const path = experimentPath(built[0]?.id ?? '');
  const document = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
  const known = document['parts'] as object;
  const withParts = (parts: object) =>
    resolveExperiment({ ...document, notes: '@notes', parts: { ...known, ...parts } }, 'tiny', 'x.json');
  expect(withParts({ notes: ['@one', 'two'], one: 'one' }).notes).toEqual(['one', 'two']);
  expect(() => withParts({})).toThrow('x.json: @notes is no part of the document');
  expect(() => withParts({ notes: ['@notes'] })).toThrow('x.json: the part notes contains itself');
});

it('names the file and the field of a mistake', () => {
  const path = experimentPath(built[0]?.id ?? '');
  expect(() => readExperiment(path, 'huge')).toThrow(/has no preset "huge"; it has .*small/);
});
