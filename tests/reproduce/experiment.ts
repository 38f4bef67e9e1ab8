/**
 * The format of `experiment.json`: arms, seeds, budgets, measures, and the criterion as it was set in advance. A preset gives
 * the numbers: a string `"$name"` anywhere in the document stands for `sizes.name` of the preset that is run, and `"@name"`
 * for `parts.name` of the document, such as a step that arms have in common.
 */
import { readFileSync } from 'node:fs';
import { check } from '@preheat/contracts';
import { LANGUAGES, PROSE } from '@preheat/datasets';
import { TASK_NAMES, TRACE_STYLES } from '@preheat/tasks/procedural';
import Type, { type Static } from 'typebox';

const Name = Type.String({ pattern: '^[a-z][a-z0-9_]{0,47}$' });
const Text = Type.String({ minLength: 1, maxLength: 4000 });
const Count = Type.Integer({ minimum: 0, maximum: 1_000_000 });
const closed = { additionalProperties: false };
const oneOf = <const V extends string>(values: readonly V[]) => Type.Enum([...values]);

/** Rows of one task. */
export const TaskRows = Type.Object(
  {
    task: oneOf(TASK_NAMES),
    rows: Count,
    difficulty: Type.Optional(Count),
    /** `chat`: the oracle answers; `prompt`: the row carries what a `task` grader reads. */
    kind: oneOf(['chat', 'prompt']),
    style: Type.Optional(oneOf(TRACE_STYLES)),
    backtracks: Type.Optional(Count),
    /** Share of the answers that are cut off after their first third and say nothing right. */
    shirkers: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })),
    /** The answer in brackets: the same said otherwise, for tasks that are answered by expressions. */
    reworded: Type.Optional(Type.Boolean()),
    /** The steps of every trace in random order: the same words, but no reasoning. */
    shuffled_steps: Type.Optional(Type.Boolean()),
    /** Every answer is that of another row of the source: the same structure, the wrong content. */
    foreign: Type.Optional(Type.Boolean()),
    /** Written before every prompt, such as what is asked of the answer's length. */
    prefix: Type.Optional(Type.String({ maxLength: 64 })),
    /** Every row so many times; default 1. */
    copies: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
    /** Sources of one number share their items; default 0. */
    stream: Type.Optional(Count),
    /** Further keys of every row, such as the ability it teaches. */
    keys: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
    /** Keys of the item's data that the row carries at its top, such as the skills it shows. */
    data_keys: Type.Optional(Type.Array(Type.String({ maxLength: 64 }), { maxItems: 8 })),
    /** Key under which a prompt row carries the oracle's answer. */
    gold_key: Type.Optional(Type.String({ maxLength: 64 })),
  },
  closed,
);
export type TaskRows = Static<typeof TaskRows>;

/** Rows that are windows of a text, to be modelled: `prose` is English, the others are languages by their tags. */
export const TextRows = Type.Object(
  {
    text: oneOf([PROSE, ...Object.keys(LANGUAGES)]),
    rows: Count,
    /** Of every window. */
    characters: Type.Integer({ minimum: 1, maximum: 10_000 }),
    stream: Type.Optional(Count),
    keys: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
  },
  closed,
);
export type TextRows = Static<typeof TextRows>;

export const RowSource = Type.Union([TaskRows, TextRows]);
export type RowSource = Static<typeof RowSource>;

/** One phase of training, an ordinary job; an arm is a list of them. */
export const TrainStep = Type.Object(
  {
    type: oneOf(['supervised', 'reinforcement']),
    algorithm: Type.String({ maxLength: 64 }),
    data: Type.Array(RowSource, { minItems: 1, maxItems: 32 }),
    grader: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
    hyperparameters: Type.Record(Type.String(), Type.Unknown()),
    /** Rows of the validation split, the same for every seed, whose loss (of reinforcement: mean grade) is followed. */
    validation: Type.Optional(Type.Array(RowSource, { minItems: 1, maxItems: 32 })),
    /** Train once for all seeds (a warm-up that the comparison is not about). */
    shared_by_seeds: Type.Optional(Type.Boolean()),
  },
  closed,
);
export type TrainStep = Static<typeof TrainStep>;

export const Suite = Type.Object(
  {
    task: oneOf(TASK_NAMES),
    difficulty: Type.Optional(Count),
    items: Type.Integer({ minimum: 1, maximum: 10_000 }),
    max_tokens: Type.Integer({ minimum: 1, maximum: 4096 }),
    /** Sampled answers an item for pass@k, at temperature 1; 0: greedy alone. */
    samples: Type.Integer({ minimum: 0, maximum: 128 }),
    /** Written before every prompt, as in training. */
    prefix: Type.Optional(Type.String({ maxLength: 64 })),
    /** The arms that answer it. Default: every one, and the base. */
    only_arms: Type.Optional(Type.Array(Name, { minItems: 1, maxItems: 32 })),
    /** Only items whose own answer begins so, such as those of one class. */
    answer_prefix: Type.Optional(Type.String({ minLength: 1, maxLength: 16 })),
    /** Reasoning is ended by force after so many tokens: the mark is written and the answer follows. Greedy alone. */
    reasoning_budget: Type.Optional(Type.Integer({ minimum: 1, maximum: 4096 })),
    /** Added to the logit of the mark that ends reasoning: above 0 it ends sooner. Greedy alone. */
    end_bias: Type.Optional(Type.Number({ minimum: -100, maximum: 100 })),
  },
  closed,
);
export type Suite = Static<typeof Suite>;

const Arm = Type.Object(
  {
    title: Text,
    /** `fresh`: the shape of the base with weights that saw nothing. Default: the base. */
    from: Type.Optional(oneOf(['base', 'fresh'])),
    steps: Type.Array(TrainStep, { maxItems: 16 }),
  },
  closed,
);

/**
 * Variables of formulas: `<arm>__<suite>` greedy pass@1, `…__tokens` of the greedy answer; with samples also `…__sampled`,
 * `…__pass_k` for k = samples, `…__vote` (the answer most samples give is right); and of an arm `<arm>__steps`,
 * `<arm>__trained_tokens` and `<arm>__wall_seconds`, of all its phases, the time with that of its answers. Where its last
 * phase has validation rows also `<arm>__first_loss`, `<arm>__highest_loss` and `<arm>__last_loss` of its evaluations; where
 * that is reinforcement `<arm>__start_reward` of the model it began with, `<arm>__final_reward` of the last two evaluations
 * together, and `<arm>__steps_to_90`, the steps until 90 % of the way between them (learning-speed.ts). Of every pick what
 * its arms have, and of every curve `<curve>__area`.
 */
const Check = Type.Object(
  {
    /** The part of the criterion that this is. */
    says: Text,
    /** Must be above 0 with every seed, or its 90 % interval over items must be. Default: the margin. */
    effect: Type.Optional(Text),
    /** Must be at least 0 on the means over seeds: the criterion with its number. */
    margin: Text,
    /** Where the criterion itself counts seeds: with at least so many of them the effect must be above 0, and no more. */
    in_seeds: Type.Optional(Type.Integer({ minimum: 1, maximum: 16 })),
  },
  closed,
);
export type Check = Static<typeof Check>;

/** An arm that is named by how good it is, for every seed by the other seeds (pick-arms.ts). */
const ArmPick = Type.Object(
  {
    among: Type.Array(Name, { minItems: 2, maxItems: 16 }),
    take: oneOf(['highest', 'lowest']),
    /** Formula in the variables of an arm, with `arm` for its name. */
    by: Text,
  },
  closed,
);
export type ArmPick = Static<typeof ArmPick>;

export const Experiment = Type.Object(
  {
    system: Type.String({ maxLength: 64 }),
    claim: Text,
    /** Word for word as set in advance. */
    criterion: Text,
    /** What was scaled down or differs from the row of the reference. */
    notes: Type.Array(Text, { maxItems: 16 }),
    /** Parts of the criterion that no check judges; with any, the verdict is never that the whole was reproduced. */
    unjudged: Type.Optional(Type.Array(Text, { minItems: 1, maxItems: 16 })),
    /** Name of a base checkpoint. */
    base: Type.String({ maxLength: 64 }),
    seeds: Type.Array(Count, { minItems: 1, maxItems: 16 }),
    suites: Type.Record(Name, Suite),
    arms: Type.Record(Name, Arm),
    /**
     * Families of operating points, each the `<arm>__<suite>` of its members. Their areas are those under what accuracy can be
     * reached with at most so many tokens, over the range of the most that any member of any of them takes.
     */
    curves: Type.Optional(
      Type.Record(Name, Type.Array(Type.String({ maxLength: 128 }), { minItems: 1, maxItems: 32 })),
    ),
    /** Of what arms are compared with: `<pick>__<suite>` stands in checks as if it were an arm's. */
    picks: Type.Optional(Type.Record(Name, ArmPick)),
    /** Metrics of last phases, their means over the steps that log them, as `<arm>__<metric>` in checks. */
    metrics: Type.Optional(Type.Array(Name, { minItems: 1, maxItems: 16 })),
    checks: Type.Array(Check, { minItems: 1, maxItems: 16 }),
  },
  closed,
);
export type Experiment = Static<typeof Experiment>;

const Preset = Type.Object(
  { seeds: Type.Array(Count, { minItems: 1 }), sizes: Type.Record(Name, Type.Number()) },
  closed,
);
const Presets = Type.Record(Name, Preset);
const Parts = Type.Record(Name, Type.Unknown());

/** The experiment at a preset's sizes. @throws Error naming the file and the field that is wrong. */
export function readExperiment(path: string, presetName: string): Experiment {
  const document = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
  return resolveExperiment(document, presetName, path);
}

export function resolveExperiment(document: Record<string, unknown>, presetName: string, path: string): Experiment {
  const { presets, parts = {}, ...rest } = document;
  const known = demand(Presets, presets, `${path}: presets`);
  const preset = known[presetName];
  if (!preset) throw new Error(`${path} has no preset "${presetName}"; it has ${Object.keys(known).join(', ')}`);
  const named = { sizes: preset.sizes, parts: demand(Parts, parts, `${path}: parts`), path };
  const sized = substitute(rest, named) as object;
  return demand(Experiment, { ...sized, seeds: preset.seeds }, path);
}

function demand<S extends Type.TSchema>(schema: S, value: unknown, what: string): Static<S> {
  const checked = check(schema, value);
  if (checked.ok) return checked.value;
  const [first] = checked.problems;
  throw new Error(`${what}: ${first?.path || 'the document'} ${first?.message}`);
}

interface Named {
  readonly sizes: Readonly<Record<string, number>>;
  readonly parts: Readonly<Record<string, unknown>>;
  readonly path: string;
}

/** @param within Parts that are being filled in: none may contain itself. */
function substitute(value: unknown, named: Named, within: readonly string[] = []): unknown {
  if (typeof value === 'string') return substituteName(value, named, within);
  if (Array.isArray(value)) return value.map((part) => substitute(part, named, within));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, substitute(part, named, within)]));
}

function substituteName(text: string, named: Named, within: readonly string[]): unknown {
  const [sign, name] = [text[0], text.slice(1)];
  if (sign !== '$' && sign !== '@') return text;
  const found = sign === '$' ? named.sizes[name] : named.parts[name];
  if (found === undefined) {
    throw new Error(`${named.path}: ${text} is no ${sign === '$' ? 'size of this preset' : 'part of the document'}`);
  }
  if (sign === '$') return found;
  if (within.includes(name)) throw new Error(`${named.path}: the part ${name} contains itself`);
  return substitute(found, named, [...within, name]);
}
