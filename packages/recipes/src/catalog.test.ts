import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { check, type DecoderConfig } from '@preheat/contracts';
import { describe, expect, it } from 'vitest';
import { DEFAULT_RECIPES, RECIPES, recipeNamed } from './catalog.js';

const model: DecoderConfig = {
  model_type: 'llama',
  vocab_size: 100,
  hidden_size: 128,
  intermediate_size: 352,
  num_hidden_layers: 4,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  head_dim: 32,
  max_position_embeddings: 128,
  rope_theta: 10_000,
  rms_norm_eps: 1e-5,
  tie_word_embeddings: true,
  bos_token_id: null,
  eos_token_id: 1,
  pad_token_id: 0,
};
const facts = { rows: 100_000, model };

function resolved(name: string, requested: Record<string, unknown> = {}, rows = facts.rows): Record<string, unknown> {
  const result = recipeNamed(name)?.resolveConfig(requested, { rows, model });
  if (!result?.ok) throw new Error(JSON.stringify(result));
  return result.value as Record<string, unknown>;
}

const problems = (name: string, requested: Record<string, unknown>) => {
  const result = recipeNamed(name)?.resolveConfig(requested, facts);
  return result?.ok === false ? result.problems : [];
};

describe('the catalog', () => {
  it('lists exactly the recipe folders', () => {
    const here = new URL('.', import.meta.url);
    const recipes = readdirSync(here).filter((folder) => existsSync(new URL(`${folder}/recipe.ts`, here)));
    expect(RECIPES.map(({ name }) => name).sort()).toEqual(recipes.sort());
  });

  it('has a default of the right kind for every type of phase', () => {
    for (const [type, name] of Object.entries(DEFAULT_RECIPES)) expect(recipeNamed(name)?.phaseType).toBe(type);
  });
});

it('plans a phase that leaves rows out as one of the rows that are left', () => {
  const { prune_fraction, ...pruned } = resolved('sft', { prune_fraction: 0.9 }, 100_000);
  const { prune_fraction: none, ...whole } = resolved('sft', {}, 10_000);
  expect([prune_fraction, none]).toEqual([0.9, 0]);
  expect(pruned).toEqual(whole);
  const steps = recipeNamed('sft')?.totalSteps({ prune_fraction, ...pruned }, 100_000) ?? 0;
  expect(Math.ceil(steps / Number(pruned['checkpoint_interval']))).toBe(10);
});

describe.each(RECIPES.map((entry) => [entry.name, entry] as const))('%s', (name, entry) => {
  it.each([1, 7, 1_000, 100_000, 5_000_000])('resolves to a complete config with %i rows', (rows) => {
    const config = resolved(name, {}, rows);
    expect(Object.keys(config)).toEqual(Object.keys(entry.config.properties));
    expect(entry.totalSteps(config, rows)).toBeGreaterThanOrEqual(1);
  });

  it('accepts "auto" for every key, and its own resolved config again', () => {
    const auto = Object.fromEntries(Object.keys(entry.config.properties).map((key) => [key, 'auto']));
    expect(check(entry.request, auto).ok).toBe(true);
    expect(resolved(name, auto)).toEqual(resolved(name));
    expect(resolved(name, resolved(name))).toEqual(resolved(name));
  });

  it('refuses an unknown key by name, and lists what it takes', () => {
    const [problem] = problems(name, { lerning_rate: 1 });
    expect(problem).toMatchObject({ path: 'lerning_rate' });
    expect(problem?.message).toContain('learning_rate');
    expect(check(entry.request, { lerning_rate: 1 }).ok).toBe(false);
  });

  it('describes every key, and bounds every number', () => {
    for (const [key, schema] of Object.entries(entry.config.properties as Record<string, Record<string, unknown>>)) {
      expect(schema['description'], key).toBeTruthy();
      if (schema['type'] === 'boolean') continue;
      if (schema['anyOf']) {
        // A choice between names.
        for (const choice of schema['anyOf'] as Record<string, unknown>[])
          expect(choice['const'], key).toBeTypeOf('string');
        continue;
      }
      if (schema['type'] === 'string') {
        expect(schema['maxLength'], key).toBeTypeOf('number');
        continue;
      }
      if (schema['type'] === 'array') {
        expect(schema['maxItems'], key).toBeTypeOf('number');
        continue;
      }
      expect(schema['minimum'] ?? schema['exclusiveMinimum'], key).toBeTypeOf('number');
      expect(schema['maximum'] ?? schema['exclusiveMaximum'], key).toBeTypeOf('number');
    }
  });

  it.each<[string, unknown]>([
    ['lora_alpha', 8],
    ['lora_dropout', 0.1],
    ['lora_base_dtype', 'int8'],
    ['lora_target_modules', ['q_proj']],
  ])('refuses %s where no adapter is trained, and says what to do', (key, value) => {
    const [problem, ...others] = problems(name, { [key]: value });
    expect(problem).toMatchObject({ path: key });
    expect(problem?.message).toContain('give a lora_rank');
    expect(others).toEqual([]);
    expect(problems(name, { [key]: value, lora_rank: 4 })).toEqual([]);
    expect(problems(name, { [key]: 'auto' })).toEqual([]);
  });

  it('documents every key in its README', () => {
    const readme = readFileSync(new URL(`${name}/README.md`, import.meta.url), 'utf8');
    for (const key of Object.keys(entry.config.properties)) expect(readme).toMatch(new RegExp(`\\| \`${key}\` +\\|`));
  });
});

describe('hyperparameters', () => {
  it('are refused out of bounds, naming the key', () => {
    expect(problems('sft', { n_epochs: 0 })).toEqual([{ path: 'n_epochs', message: 'must be >= 1 (or "auto")' }]);
    expect(problems('grpo', { temperature: 'hot' })[0]).toMatchObject({ path: 'temperature' });
  });

  it('may not ask for more context than the model has', () => {
    expect(problems('sft', { max_sequence_length: 129 })).toEqual([
      { path: 'max_sequence_length', message: 'must be at most the context of the model (128)' },
    ]);
    expect(problems('grpo', { max_completion_tokens: 128 })[0]).toMatchObject({ path: 'max_completion_tokens' });
  });

  it('name parts that the grader has, where it is known', () => {
    const reward_schedule = [{ part: 'correct', steps: 8 }, { steps: 2 }, { part: 'stile', steps: 1 }];
    const resolvedWith = (more: object) =>
      recipeNamed('grpo')?.resolveConfig({ reward_schedule }, { ...facts, ...more });
    expect(resolvedWith({})?.ok).toBe(true);
    expect(resolvedWith({ scores: ['correct', 'style'] })).toEqual({
      ok: false,
      problems: [{ path: 'reward_schedule.2.part', message: 'names no part of the grader, which has correct, style' }],
    });
  });

  it.each<[string, object, string, RegExp]>([
    ['grpo', { answer_segments: [{ temperature: 0.8 }, {}] }, 'answer_segments.0', /never ends.*until or max_tokens/],
    ['ppo', { answer_segments: [{ max_tokens: 9 }, {}], max_completion_tokens: 9 }, 'answer_segments', /leave room.*9/],
    ['ppo', { answer_segments: [{ until: '</t>', trained: false }, { trained: false }] }, 'answer_segments', /nothing/],
    ['grpo', { answer_segments: [{ until: '</t>', temperature: 9 }, {}] }, 'answer_segments.0.temperature', /<= 2/],
    ['grpo', { answer_segments: [{ until: '' }, {}] }, 'answer_segments.0.until', /fewer than 1 character/],
    ['grpo', { answer_segments: [{ untill: '</t>' }, {}] }, 'answer_segments.0.untill', /not a known key/],
    ['grpo', { answer_segments: [{ until: 'a', force: true }, {}] }, 'answer_segments.0.force', /both/],
    ['ppo', { answer_segments: [{ max_tokens: 4, force: true }, {}] }, 'answer_segments.0.force', /both/],
    ['ppo', { answer_segments: [{ until: 'a', max_tokens: 4, force: 1 }, {}] }, 'answer_segments.0.force', /boolean/],
    [
      'grpo',
      { answer_segments: [{ max_tokens: 4 }, { until: 'a', max_tokens: 5, force: true }], max_completion_tokens: 9 },
      'answer_segments',
      /leave room.*9 together/,
    ],
    ['grpo', { answer_segments: [{ forks: 2 }] }, 'answer_segments.0.forks', /nothing follows/],
    ['grpo', { answer_segments: [{ until: 'a', forks: 3 }, {}], group_size: 8 }, 'answer_segments.0.forks', /divide/],
    [
      'tldr-length',
      { answer_segments: [{ until: 'a', forks: 2 }, { until: 'b', forks: 2 }, {}] },
      'answer_segments.1.forks',
      /forks once/,
    ],
    ['ppo', { answer_segments: [{ until: 'a', forks: 2 }, {}] }, 'answer_segments.0.forks', /such as grpo; PPO/],
    ['reft-ppo', { answer_segments: [{ until: 'a', forks: 2 }, {}] }, 'answer_segments.0.forks', /leave it out/],
    [
      'grpo',
      { answer_segments: [{ until: 'a' }, { temperature: 1 }], target_entropy: 0.3 },
      'answer_segments.1.temperature',
      /target_entropy/,
    ],
    [
      'grpo',
      { answer_segments: [{ until: 'a', top_p: 1 }, { top_p: 0.9 }], target_entropy: 0.3 },
      'answer_segments.1.top_p',
      /must be 1 beside target_entropy/,
    ],
    ['sft', { answer_segments: [{}] }, 'answer_segments', /./],
  ])('of %s say what is wrong with segments: %j', (name, requested, path, message) => {
    const [first, ...others] = problems(name, requested as Record<string, unknown>);
    expect(first?.path).toBe(path);
    expect(first?.message).toMatch(message);
    expect(others).toEqual([]);
  });

  it('take segments that end, of which some are trained', () => {
    const answer_segments = [
      { until: '</think>', max_tokens: 30, force: true, temperature: 1.2, top_p: 0.9, trained: false, forks: 4 },
      { temperature: 0.7 },
    ];
    expect(problems('grpo', { answer_segments, group_size: 8 })).toEqual([]);
  });

  it('of sft default to one pass over a large file and several over a small one', () => {
    expect(resolved('sft')).toMatchObject({ n_epochs: 1, batch_size: 128, learning_rate: 0.003, max_steps: 782 });
    expect(resolved('sft', {}, 500)).toMatchObject({ n_epochs: 10, batch_size: 8 });
  });

  it('of grpo bound the steps unless the request names steps or epochs', () => {
    const steps = (requested: Record<string, unknown>) =>
      recipeNamed('grpo')?.totalSteps(resolved('grpo', requested), facts.rows);
    expect(steps({})).toBe(150);
    expect(steps({ n_epochs: 1 })).toBe(1563);
    expect(steps({ max_steps: 2_000 })).toBe(2_000);
  });

  it('of grpo bound the ratio of bad tokens beyond the ordinary clip, or not at all', () => {
    expect(problems('grpo', { clip_high: 0.5, dual_clip: 1.5 })[0]).toMatchObject({ path: 'dual_clip' });
    expect(problems('grpo', { clip_high: 0.5, dual_clip: 3 })).toEqual([]);
  });

  it('of grpo scale the group by the compute multiplier', () => {
    expect(resolved('grpo', { compute_multiplier: 2 })).toMatchObject({ group_size: 16 });
  });
});
