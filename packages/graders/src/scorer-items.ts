/** What scorers of every type say about rows: which item keys their templates read, and which of them a row lacks. */
import type { Problem } from '@preheat/contracts';
import type { Scorer } from './compiled-grader.js';
import type { GradingContext } from './grading-context.js';
import type { Outcome } from './outcome.js';
import { lookUp, type Parsed, type PlaceholderPath } from './placeholder-path.js';
import { parseTemplate, placeholdersOf, type TextTemplate } from './text-template.js';

/** A scorer, or problems whose paths are relative to the grader. */
export type ScorerOrProblems = { readonly scorer: Scorer } | { readonly problems: Problem[] };

export function itemPathsOf(template: TextTemplate): PlaceholderPath[] {
  return placeholdersOf(template).filter((path) => path.namespace === 'item');
}

/** The item key that a template consists of; `example` shows how to write it. */
export function soleItemPath(source: string, example: string): Parsed<PlaceholderPath> {
  const template = parseTemplate(source);
  if (!template.ok) return template;
  const [path, ...more] = template.value.parts;
  const isSole = path !== undefined && typeof path !== 'string' && more.length === 0 && path.namespace === 'item';
  if (isSole) return { ok: true, value: path };
  return { ok: false, message: `must be exactly one placeholder that names an item key, such as ${example}` };
}

export function firstMissing(
  paths: readonly PlaceholderPath[],
  item: Readonly<Record<string, unknown>>,
): string | null {
  const context = contextOf(item);
  return paths.map((path) => messageOf(lookUp(path, context))).find((message) => message !== null) ?? null;
}

export function contextOf(item: Readonly<Record<string, unknown>>): GradingContext {
  return { sample: { output_text: '' }, item };
}

export function messageOf(outcome: Outcome<unknown>): string | null {
  return outcome.ok ? null : outcome.message;
}

export function problemsOf(path: string, parsed: Parsed<unknown>): Problem[] {
  return parsed.ok ? [] : [{ path, message: parsed.message }];
}
