/** Errors as a person at a terminal needs them: what failed, where, and what to do next. */
import { PreheatError } from '@preheat/sdk';
import { CommandFailed, UsageError } from './io.js';

/** One or more lines without a trailing newline. Bugs keep their stack; expected failures do not show one. */
export function explainError(error: unknown): string {
  if (error instanceof PreheatError) return explainPreheatError(error);
  if (error instanceof UsageError || error instanceof CommandFailed) return error.message;
  if (error instanceof Error && 'code' in error && 'syscall' in error) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function explainPreheatError(error: PreheatError): string {
  const lines = [error.message];
  const facts = [
    error.param === null ? undefined : `field ${error.param}`,
    error.code === null ? undefined : `code ${error.code}`,
    error.status === null ? undefined : `HTTP ${error.status}`,
    error.requestId === null ? undefined : `request ${error.requestId}`,
  ].filter((fact) => fact !== undefined);
  if (facts.length > 0) lines.push(`  (${facts.join(', ')})`);
  const hint = hintFor(error);
  if (hint !== undefined) lines.push(`  ${hint}`);
  return lines.join('\n');
}

function hintFor(error: PreheatError): string | undefined {
  if (error.code === 'connection_error') return 'Is `preheat dev` running? Set PREHEAT_BASE_URL if it is elsewhere.';
  if (error.code === 'invalid_response' || error.code === 'unknown_route') {
    return 'The base URL (--base-url, PREHEAT_BASE_URL) should end in /v1.';
  }
  if (error.status === 401) return 'Set PREHEAT_API_KEY to the key that `preheat dev` printed.';
  if (error.code === 'model_not_found' || error.code === 'model_not_available') return 'See `preheat models`.';
  return undefined;
}
