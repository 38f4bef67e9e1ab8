/** The metrics of a phase as CSV: one line a step, OpenAI's columns first, then everything else that was measured, by name. */
import type { PhaseType } from '@preheat/contracts';

type Data = Readonly<Record<string, unknown>>;

/** OpenAI's result files begin so. */
const FIRST_COLUMNS: Readonly<Record<PhaseType, readonly string[]>> = {
  supervised: ['step', 'train_loss', 'train_accuracy', 'valid_loss', 'valid_mean_token_accuracy'],
  preference: ['step', 'train_loss', 'valid_loss', 'train_reward_accuracy', 'valid_reward_accuracy'],
  reinforcement: [
    'step',
    'train_mean_reward',
    'full_valid_mean_reward',
    'completion_tokens_mean',
    'reasoning_tokens_mean',
    'mean_unresponsive_rewards',
  ],
};
/** Names that events have and result files spell otherwise. */
const RENAMED: Readonly<Record<string, string>> = { train_mean_token_accuracy: 'train_accuracy' };
/** Of the run, not of the step. */
const LEFT_OUT: ReadonlySet<string> = new Set([
  'phase',
  'total_steps',
  'tokens_per_second',
  'eta_seconds',
  'peak_memory_bytes',
]);

/** @param events The data of the metrics events, in order. Nested values are named by their path: `errors/graders/exact/…`. */
export function metricsCsv(type: PhaseType, events: readonly Data[]): string {
  const rows = events.map((data) => new Map(numbersOf(data)));
  const first = FIRST_COLUMNS[type];
  const measured = new Set(rows.flatMap((row) => [...row.keys()]));
  const columns = [...first, ...[...measured].filter((name) => !first.includes(name)).sort()];
  const lines = rows.map((row) => columns.map((name) => String(row.get(name) ?? '')).join(','));
  return [columns.map(quoted).join(','), ...lines, ''].join('\n');
}

function* numbersOf(value: unknown, path = ''): Generator<[string, number]> {
  if (typeof value === 'number') yield [RENAMED[path] ?? path, value];
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    if (path === '' && LEFT_OUT.has(key)) continue;
    // Lists are of graders; their names are unique within a grader.
    const name = Array.isArray(value) ? ((inner as { name?: unknown } | null)?.name ?? key) : key;
    yield* numbersOf(inner, path === '' ? String(name) : `${path}/${String(name)}`);
  }
}

/** RFC 4180: a grader may have any name. */
const quoted = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
