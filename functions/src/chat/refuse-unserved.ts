/** Refuses, by name, what would change the meaning of an answer and is not served; values that change nothing pass. */
import { ApiError, REFUSED_CHAT_FIELDS } from '@preheat/contracts';

/** Values equal to leaving the field out. */
const NEUTRAL: Readonly<Record<string, (value: unknown) => boolean>> = {
  functions: (value) => Array.isArray(value) && value.length === 0,
  function_call: (value) => value === 'none',
  modalities: (value) => JSON.stringify(value) === '["text"]',
};

/** @throws ApiError `unsupported_parameter`. */
export function refuseUnservedChatFields(body: unknown): void {
  const fields = (body ?? {}) as Record<string, unknown>;
  for (const name of REFUSED_CHAT_FIELDS) {
    const value = fields[name];
    if (value === undefined || value === null || NEUTRAL[name]?.(value)) continue;
    throw new ApiError('unsupported_parameter', `'${name}' is not served; leave it out.`, { param: name });
  }
}
