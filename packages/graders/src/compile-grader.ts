/**
 * From a grader as a client sent it to one that can score. Every mistake that does not depend on a sample is found here,
 * named by its path, so that training never starts with a grader that cannot work.
 */
import {
  type Checked,
  check,
  type Grader,
  GRADER_KEY_PATTERN,
  GRADER_TYPES,
  HttpGrader,
  LabelModelGrader,
  type LeafGrader,
  MAX_SUB_GRADERS,
  MultiGraderSpec,
  PhonemeErrorRateGrader,
  type Problem,
  PythonGrader,
  ScoreModelGrader,
  StringCheckGrader,
  TaskGrader,
  TextSimilarityGrader,
} from '@preheat/contracts';
import type { CompiledGrader, Scorer } from './compiled-grader.js';
import { FORMULA_FUNCTIONS, parseFormula } from './formula.js';
import { leafScorer } from './leaf-scorer.js';
import { flagged, success } from './outcome.js';

const LEAF_SCHEMAS = {
  string_check: StringCheckGrader,
  text_similarity: TextSimilarityGrader,
  phoneme_error_rate: PhonemeErrorRateGrader,
  task: TaskGrader,
  python: PythonGrader,
  score_model: ScoreModelGrader,
  label_model: LabelModelGrader,
  http: HttpGrader,
} as const;

type SpecRecord = Readonly<Record<string, unknown>>;

export interface GradingPlace {
  /** What is for evals only is refused. Default false. */
  readonly isTraining?: boolean;
  /** What calls other hosts is refused, since none can be reached. Default false. */
  readonly isShutIn?: boolean;
}

/**
 * @param spec The grader in any of the shapes of the OpenAI wire.
 * @param path Dotted path of the grader in the request (`method.reinforcement.grader`); problems' paths begin with it.
 * @param options Where it is to run.
 */
export function compileGrader(spec: unknown, path = '', options: GradingPlace = {}): Checked<CompiledGrader> {
  if (!isRecord(spec)) return refuse(path, `must be an object with a "type" of ${quoted(GRADER_TYPES)}`);
  const compiled = spec['type'] === 'multi' ? compileMulti(spec, path) : compileSingle(spec, path);
  const misplaced = compiled.ok ? firstMisplaced(compiled.value.grader, options) : null;
  return misplaced === null ? compiled : refuse(join(path, misplaced.path), misplaced.message);
}

/** The first mistake that is one only where the grader is to run, with its path in the grader. */
function firstMisplaced(grader: Grader, place: GradingPlace): Problem | null {
  if (grader.type !== 'multi') return misplacedLeaf(grader, place);
  for (const [key, leaf] of Object.entries(grader.graders)) {
    const problem = misplacedLeaf(leaf, place);
    if (problem) return { ...problem, path: `graders.${key}.${problem.path}` };
  }
  return null;
}

function misplacedLeaf(leaf: LeafGrader, { isTraining = false, isShutIn = false }: GradingPlace): Problem | null {
  if (isTraining && leaf.type === 'text_similarity' && leaf.evaluation_metric === 'cosine') {
    return { path: 'evaluation_metric', message: 'cosine is for evals only, as at OpenAI' };
  }
  return isShutIn && leaf.type === 'http' ? { path: 'url', message: SHUT_IN } : null;
}

const SHUT_IN =
  'cannot be called in training: the runners of this deployment have no way out of their network. ' +
  'Use a grader of another type, or ask the operator for runners that reach outside';

function compileSingle(spec: SpecRecord, path: string): Checked<CompiledGrader> {
  const leaf = compileLeaf(spec, path);
  if (!leaf.ok) return leaf;
  const { grader, scorer } = leaf.value;
  return { ok: true, value: { grader, scorers: new Map([[grader.name, scorer]]), combine: null } };
}

function compileLeaf(spec: SpecRecord, path: string): Checked<{ grader: LeafGrader; scorer: Scorer }> {
  const type = spec['type'];
  if (typeof type !== 'string' || !Object.hasOwn(LEAF_SCHEMAS, type)) return refuseType(type, path);
  const checked = check(LEAF_SCHEMAS[type as LeafGrader['type']], spec) as Checked<LeafGrader>;
  if (!checked.ok) return { ok: false, problems: under(path, checked.problems) };
  const grader = normalised(checked.value);
  const compiled = leafScorer(grader);
  if ('problems' in compiled) return { ok: false, problems: under(path, compiled.problems) };
  return { ok: true, value: { grader, scorer: compiled.scorer } };
}

function compileMulti(spec: SpecRecord, path: string): Checked<CompiledGrader> {
  const checked = check(MultiGraderSpec, spec);
  if (!checked.ok) return { ok: false, problems: under(path, checked.problems) };
  const { type, name, calculate_output, pass_threshold } = checked.value;
  const named = namedSubGraders(checked.value.graders, join(path, 'graders'));
  if (!named.ok) return named;
  const leaves = compileSubGraders(named.value);
  if (!leaves.ok) return leaves;
  const keys = [...leaves.value.keys()];
  const formula = parseFormula(calculate_output, keys);
  if (!formula.ok) return refuse(join(path, 'calculate_output'), formula.message);
  const graders = Object.fromEntries([...leaves.value].map(([key, leaf]) => [key, leaf.grader]));
  const threshold = pass_threshold === undefined ? {} : { pass_threshold };
  return {
    ok: true,
    value: {
      grader: { type, name, graders, calculate_output, ...threshold },
      scorers: new Map([...leaves.value].map(([key, leaf]) => [key, leaf.scorer])),
      combine: (scores) => finite(formula.value(scores), scores),
    },
  };
}

interface NamedSpec {
  readonly key: string;
  readonly path: string;
  readonly spec: SpecRecord;
}

/** The three shapes in use, as one list: a map by variable, an array and a single grader, both by the graders' names. */
function namedSubGraders(graders: unknown, path: string): Checked<NamedSpec[]> {
  const isSingle = isRecord(graders) && typeof graders['type'] === 'string';
  const byName = (spec: unknown, at: string) => ({ key: isRecord(spec) ? spec['name'] : undefined, path: at, spec });
  const entries = Array.isArray(graders)
    ? graders.map((spec, index) => byName(spec, join(path, String(index))))
    : isSingle
      ? [byName(graders, path)]
      : Object.entries(graders as SpecRecord).map(([key, spec]) => ({ key, path: join(path, key), spec }));
  if (entries.length === 0 || entries.length > MAX_SUB_GRADERS) {
    return refuse(path, `must hold 1 to ${MAX_SUB_GRADERS} graders, found ${entries.length}`);
  }
  const problems = entries.flatMap((entry, index) => {
    const message = subGraderProblem(entry, entries.findIndex((other) => other.key === entry.key) !== index);
    return message === null ? [] : [{ path: entry.path, message }];
  });
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value: entries as NamedSpec[] };
}

function subGraderProblem({ key, spec }: { key: unknown; spec: unknown }, isRepeated: boolean): string | null {
  if (!isRecord(spec)) return 'must be a grader object';
  if (spec['type'] === 'multi') return 'is a multi grader; multi graders cannot be nested';
  if (typeof key !== 'string' || !new RegExp(GRADER_KEY_PATTERN).test(key)) {
    return `its name must be usable as a variable (letters, digits and _, at most 64), found ${JSON.stringify(key)}`;
  }
  if (FORMULA_FUNCTIONS.includes(key)) return `"${key}" is the name of a function; rename the grader`;
  return isRepeated ? `the name "${key}" is used twice` : null;
}

type CompiledLeaf = { grader: LeafGrader; scorer: Scorer };

function compileSubGraders(named: readonly NamedSpec[]): Checked<Map<string, CompiledLeaf>> {
  const leaves = new Map<string, CompiledLeaf>();
  const problems: Problem[] = [];
  for (const { key, path, spec } of named) {
    const leaf = compileLeaf(spec, path);
    if (leaf.ok) leaves.set(key, leaf.value);
    else problems.push(...leaf.problems);
  }
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value: leaves };
}

function finite(value: number, scores: Readonly<Record<string, number>>) {
  if (Number.isFinite(value)) return success(value);
  return flagged('other_error', `The formula gave ${value} for ${JSON.stringify(scores)}.`);
}

function normalised(grader: LeafGrader): LeafGrader {
  return grader.type === 'string_check' && grader.operation === 'neq' ? { ...grader, operation: 'ne' } : grader;
}

function refuseType(type: unknown, path: string): { ok: false; problems: Problem[] } {
  const found = typeof type === 'string' ? `${type} graders are not supported; ` : 'the type is missing; ';
  return refuse(join(path, 'type'), `${found}supported types are ${quoted(GRADER_TYPES)}`);
}

function refuse(path: string, message: string): { ok: false; problems: Problem[] } {
  return { ok: false, problems: [{ path, message }] };
}

function under(path: string, problems: readonly Problem[]): Problem[] {
  return problems.map((problem) => ({ path: join(path, problem.path), message: problem.message }));
}

function join(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join('.');
}

function quoted(values: readonly string[]): string {
  return values.map((value) => `"${value}"`).join(', ');
}

function isRecord(value: unknown): value is SpecRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
