/** Every row of the bench: what each side is started with. Both sides of a row do the same work with the same cores. */
import { availableParallelism } from 'node:os';
import { missingNative } from '../gpu/native-tensorflow.js';
import { growthMatches } from './growth.js';
import type { Comparison, Match, Metric, Side } from './match.js';
import { type BenchSettings, Sides } from './sides.js';
import { T2, writeModel, writtenFolder } from './written-models.js';

export const TOKENS_PER_S: Metric = { key: 'tokens_per_s', unit: 'tokens/s', better: 'higher' };
const SECONDS_PER_STEP: Metric = { key: 's_per_step', unit: 's', better: 'lower' };
const SECONDS_TO_STEP: Metric = { key: 'first_line_s', unit: 's', better: 'lower' };
const MIB: Metric = { key: 'peak_rss_mib', unit: 'MiB', better: 'lower' };

const CORES = availableParallelism();

const flags = (values: Readonly<Record<string, string | number>>): string[] =>
  Object.entries(values).flatMap(([name, value]) => [`--${name}`, String(value)]);

interface SftGoals {
  readonly torch: number | null;
  readonly compile: number | null;
  readonly trl: number | null;
}

function supervised(sides: Sides, name: string, goals: SftGoals): Match {
  const steps = sides.isQuick ? 5 : name === 'm' ? 10 : 40;
  const warmup = name === 'm' ? 2 : 5;
  const common = { model: sides.model(name), steps, warmup };
  const whole = flags({ ...common, threads: CORES });
  const part = flags({ ...common, batch: 32 / CORES, threads: 1 });
  const isTfjsRow = name === 't1';
  const missing = missingNative();
  const fewSteps = flags({ ...common, steps: 5, warmup: 2, executor: 'tfjs' });
  const comparisons: Comparison[] = [
    { peer: 'hand-written torch', sides: ['torch-threads', 'torch-processes'], goal: goals.torch },
    { peer: 'torch.compile', sides: ['compile-threads', 'compile-processes'], goal: goals.compile },
    { peer: 'TRL SFTTrainer', sides: ['trl-threads', 'trl-processes'], goal: goals.trl },
  ];
  return {
    id: `sft-${name}`,
    title: `SFT step, ${name}, 32×64`,
    metric: TOKENS_PER_S,
    beside: ['gflops'],
    sides: [
      sides.ours('sft.ts', flags(common)),
      sides.script('torch-threads', 'peer_sft.py', ['--impl', 'torch', ...whole]),
      sides.spread(sides.own('torch-processes', 'ddp_sft.py', flags(common))),
      sides.script('compile-threads', 'peer_sft.py', ['--impl', 'torch', '--compile', ...whole]),
      sides.spread(sides.own('compile-processes', 'ddp_sft.py', ['--compile', ...flags(common)])),
      sides.script('trl-threads', 'peer_sft.py', ['--impl', 'trl', ...whole]),
      sides.spread(sides.script('trl-processes', 'peer_sft.py', ['--impl', 'trl', ...part]), CORES),
      ...(isTfjsRow ? [sides.ours('sft.ts', fewSteps, 'tfjs-node', missing)] : []),
    ],
    comparisons: isTfjsRow ? [...comparisons, { peer: 'eager tfjs-node', sides: ['tfjs-node'], goal: 3 }] : comparisons,
  };
}

function generation(sides: Sides, name: string, batch: number, goals: { hf: number; hand?: number }): Match {
  const work = { model: sides.model(name), batch, prompt: 16, new: 48, rounds: sides.isQuick ? 2 : 5 };
  const split = (impl: string): Side[] => [
    sides.script(`${impl}-threads`, 'peer_generate.py', flags({ ...work, impl, procs: 1, threads: CORES })),
    sides.script(`${impl}-processes`, 'peer_generate.py', flags({ ...work, impl, procs: CORES, threads: 1 })),
  ];
  const compared = (peer: string, impl: string, goal: number | null): Comparison => ({
    peer,
    sides: [`${impl}-threads`, `${impl}-processes`],
    goal,
  });
  // The hand-written decode knows no grouped heads.
  const hasHand = !name.endsWith('q');
  return {
    id: `generate-${name}-${batch}`,
    title: `Generation, ${name}, batch ${batch}, 16 + 48`,
    metric: TOKENS_PER_S,
    sides: [sides.ours('generate.ts', flags(work)), ...split('hf'), ...(hasHand ? split('torch') : [])],
    comparisons: [
      compared('HF generate', 'hf', goals.hf),
      ...(hasHand ? [compared('hand-written torch', 'torch', goals.hand ?? null)] : []),
    ],
  };
}

function reinforcement(sides: Sides, name: string, stops: boolean): Match {
  const stop = stops ? ['--stop-at-eos'] : [];
  const work = { model: sides.model(name), steps: sides.isQuick ? 2 : 5, new: 48, beta: 0 };
  const part = { ...work, prompts: 32 / CORES, micro: 256 / CORES, threads: 1 };
  return {
    id: `grpo-${name}${stops ? '-stops' : ''}`,
    title: `GRPO step, ${name}, 32 × 8 × 48, β = 0${stops ? ', rows end at the end token' : ''}`,
    metric: SECONDS_PER_STEP,
    beside: ['generate_s', 'update_s'],
    sides: [
      sides.ours('grpo.ts', [...flags({ ...work, prompts: 32 }), ...stop]),
      sides.script('trl-threads', 'peer_grpo.py', [...flags({ ...work, prompts: 32, threads: CORES }), ...stop]),
      sides.spread(sides.script('trl-processes', 'peer_grpo.py', [...flags(part), ...stop])),
    ],
    comparisons: [{ peer: 'TRL GRPOTrainer', sides: ['trl-threads', 'trl-processes'], goal: 2.5 }],
  };
}

function start(sides: Sides): Match {
  const model = flags({ model: sides.model('t1') });
  const once = flags({ model: sides.model('t1'), impl: 'torch', steps: 1, warmup: 0, threads: CORES });
  return {
    id: 'start-t1',
    title: 'Process start to first trained step, t1, 32×64',
    metric: SECONDS_TO_STEP,
    sides: [
      sides.bundled('first-step', model),
      sides.own('torch', 'first_step.py', model),
      sides.script('transformers', 'peer_sft.py', once),
    ],
    comparisons: [
      { peer: 'torch alone', sides: ['torch'], goal: 3 },
      { peer: 'torch and transformers', sides: ['transformers'], goal: null },
    ],
  };
}

/** Speed and memory of long rows: two rows of the table from one set of runs each. */
function long(sides: Sides, length: number): Match[] {
  const folder = writtenFolder(sides.model(''), T2);
  const steps = sides.isQuick ? 2 : 5;
  const work = { model: folder, batch: 4096 / length, seq: length, steps, warmup: 1 };
  const match = {
    id: `long-${length}`,
    title: `SFT step, t2, T = ${length.toLocaleString('en')}, 4,096 tokens`,
    metric: TOKENS_PER_S,
    sides: [
      sides.ours('sft.ts', flags(work)),
      sides.script('torch-threads', 'peer_sft.py', flags({ ...work, impl: 'torch', threads: CORES })),
      sides.spread(sides.own('torch-processes', 'ddp_sft.py', flags(work))),
    ],
    comparisons: [{ peer: 'hand-written torch', sides: ['torch-threads', 'torch-processes'], goal: 1 }],
    prepare: () => writeModel(sides.model(''), T2),
  };
  // Memory of one process on both sides; two processes would hold two models.
  const memory = {
    ...match,
    title: `Peak memory of that, T = ${length.toLocaleString('en')}`,
    metric: MIB,
    sides: match.sides.slice(0, 2),
    comparisons: [{ peer: 'hand-written torch', sides: ['torch-threads'], goal: null }],
  };
  return [match, memory];
}

/** What bounds a step: the matrix-product peak of the machine, and how much of a step is something else. */
function bounds(sides: Sides): Match[] {
  const gflops: Metric = { key: 'gflops', unit: 'GFLOP/s', better: 'higher' };
  const share: Metric = { key: 'outside_products', unit: 'of kernel time', better: 'lower' };
  return [
    {
      id: 'roof',
      title: 'Matrix-product peak, float32',
      metric: gflops,
      sides: [sides.ours('roof.ts', []), sides.script('torch', 'roof.py', [])],
      comparisons: [{ peer: 'torch', sides: ['torch'], goal: null }],
    },
    ...['t1', 't2', 'm'].map((name) => ({
      id: `profile-${name}`,
      title: `Share of a step outside matrix products, ${name}`,
      metric: share,
      sides: [sides.ours('profile.ts', flags({ model: sides.model(name), steps: sides.isQuick ? 2 : 5 }))],
      comparisons: [],
    })),
  ];
}

/** In the order of the table. */
export function allMatches(settings: BenchSettings): Match[] {
  const sides = new Sides(settings);
  const goals = { torch: 1.3, compile: 1.1, trl: 1.5 };
  return [
    supervised(sides, 't1', goals),
    supervised(sides, 't2', goals),
    supervised(sides, 'm', { torch: 1.05, compile: null, trl: null }),
    ...['t1', 't2'].flatMap((name) => [64, 256].map((batch) => generation(sides, name, batch, { hf: 2.2, hand: 1.8 }))),
    ...[64, 256].map((batch) => generation(sides, 't1q', batch, { hf: 3.5 })),
    ...[64, 256].map((batch) => generation(sides, 'm', batch, { hf: 1.8 })),
    ...['t1', 't2'].flatMap((name) => [false, true].map((stops) => reinforcement(sides, name, stops))),
    start(sides),
    ...[512, 2048].flatMap((length) => long(sides, length)),
    ...bounds(sides),
    ...growthMatches(sides, flags),
  ];
}
