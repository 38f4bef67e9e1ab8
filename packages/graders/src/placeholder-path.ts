/** The inside of `{{ … }}`: a namespace and a path of keys and indexes, such as `item.answers[0]['first name']`. */
import { jsonExcess } from '@preheat/contracts';
import { type GradingContext, SAMPLE_KEYS } from './grading-context.js';
import { flagged, type Outcome, success } from './outcome.js';

export interface PlaceholderPath {
  readonly namespace: 'item' | 'sample';
  /** At least one step; the first is always a key. */
  readonly steps: readonly [string, ...(string | number)[]];
  /** As written, for messages. */
  readonly source: string;
}

export type Parsed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly message: string };

const STEP = /\.([\w$-]+)|\[(\d{1,9})\]|\['([^']*)'\]|\["([^"]*)"\]/y;

/** Messages say what is wrong with the placeholder and what is allowed. */
export function parsePlaceholder(source: string): Parsed<PlaceholderPath> {
  const namespace = /^[\w$-]*/.exec(source)?.[0] ?? '';
  const refuse = (message: string) => ({ ok: false as const, message: `{{ ${source} }}: ${message}` });
  if (namespace !== 'item' && namespace !== 'sample') {
    return refuse('must begin with "item." or "sample.", the only namespaces');
  }
  const steps = parseSteps(source, namespace.length);
  if (steps === null) return refuse('is not a path of .key, [0] and ["key"] steps');
  const [first, ...rest] = steps;
  if (typeof first !== 'string') return refuse(`names no key; write for example {{ ${namespace}.key }}`);
  if (namespace === 'sample' && !(SAMPLE_KEYS as readonly string[]).includes(first)) {
    return refuse(`a sample has only ${SAMPLE_KEYS.join(', ')}`);
  }
  return { ok: true, value: { namespace, steps: [first, ...rest], source } };
}

function parseSteps(source: string, from: number): (string | number)[] | null {
  const steps: (string | number)[] = [];
  STEP.lastIndex = from;
  while (STEP.lastIndex < source.length) {
    const match = STEP.exec(source);
    if (match === null) return null;
    const [, key, index, single, double] = match;
    steps.push(index === undefined ? (key ?? single ?? double ?? '') : Number(index));
  }
  return steps;
}

/** The value at the path; a missing or null one is flagged, as it can only be a mistake in the row or the answer. */
export function lookUp(path: PlaceholderPath, context: GradingContext): Outcome<unknown> {
  const root = path.namespace === 'item' ? success<unknown>(context.item) : readableSample(path, context);
  if (!root.ok) return root;
  let value = root.value;
  for (const step of path.steps) value = ownValue(value, step);
  if (value !== undefined && value !== null) return success(value);
  const flag = path.namespace === 'item' ? 'invalid_variable_error' : 'sample_parse_error';
  return flagged(flag, `{{ ${path.source} }} has no value in this ${path.namespace}.`);
}

function readableSample(path: PlaceholderPath, { sample }: GradingContext): Outcome<unknown> {
  if (path.steps[0] !== 'output_json' || sample.output_json !== undefined) return success(sample);
  if (sample.output_text === undefined) return success(sample);
  const excess = jsonExcess(sample.output_text);
  if (excess !== null) return flagged('sample_parse_error', `The JSON of the answer ${excess}.`);
  try {
    return success({ output_json: JSON.parse(sample.output_text) as unknown });
  } catch (cause) {
    return flagged('sample_parse_error', `The answer is not valid JSON: ${(cause as Error).message}`);
  }
}

/** Own keys only: a template must not reach a prototype. */
function ownValue(holder: unknown, step: string | number): unknown {
  if (typeof holder !== 'object' || holder === null || !Object.hasOwn(holder, step)) return undefined;
  return (holder as Record<string | number, unknown>)[step];
}
