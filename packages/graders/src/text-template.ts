/** Templates such as `Answer: {{ item.answer }}`: parsed once when a grader is compiled, rendered once a sample. */
import type { GradingContext } from './grading-context.js';
import { flagged, type Outcome, success } from './outcome.js';
import { lookUp, type Parsed, type PlaceholderPath, parsePlaceholder } from './placeholder-path.js';

export interface TextTemplate {
  /** Literal text (strings) and placeholders, in order; empty literals are left out. */
  readonly parts: readonly (string | PlaceholderPath)[];
}

/** Longer texts are flagged instead of scored: one runaway answer must not stall a step. UTF-16 code units. */
export const MAX_GRADED_TEXT_LENGTH = 65_536;

export function parseTemplate(text: string): Parsed<TextTemplate> {
  const parts: (string | PlaceholderPath)[] = [];
  let position = 0;
  for (let open = text.indexOf('{{'); open >= 0; open = text.indexOf('{{', position)) {
    const close = text.indexOf('}}', open);
    if (close < 0) return { ok: false, message: `the "{{" at character ${open + 1} is never closed by "}}"` };
    const placeholder = parsePlaceholder(text.slice(open + 2, close).trim());
    if (!placeholder.ok) return placeholder;
    if (open > position) parts.push(text.slice(position, open));
    parts.push(placeholder.value);
    position = close + 2;
  }
  if (position < text.length) parts.push(text.slice(position));
  return { ok: true, value: { parts } };
}

/** Strings as they are; numbers and booleans as JSON writes them; objects and arrays as JSON. */
export function renderTemplate(template: TextTemplate, context: GradingContext): Outcome<string> {
  let text = '';
  for (const part of template.parts) {
    if (typeof part === 'string') {
      text += part;
      continue;
    }
    const found = lookUp(part, context);
    if (!found.ok) return found;
    text += typeof found.value === 'string' ? found.value : JSON.stringify(found.value);
  }
  if (text.length <= MAX_GRADED_TEXT_LENGTH) return success(text);
  return flagged('truncated_observation_error', `A text of ${text.length} characters is too long to grade.`);
}

export function placeholdersOf(template: TextTemplate): PlaceholderPath[] {
  return template.parts.filter((part) => typeof part !== 'string');
}
