/** Every field that the wire marks as refused is refused by name, and every one marked as ignored is taken. */
import { expect } from 'vitest';
import type { Marks } from '../wire/notation.js';
import { WIRE_ROUTES } from '../wire/routes.js';
import { MODEL, refusal, type Story } from './story.js';

/** The smallest request of each route that has such fields. */
const smallest = (file: string): Readonly<Record<string, object>> => ({
  '/chat/completions': { model: MODEL, messages: [{ role: 'user', content: 'cat' }], max_completion_tokens: 4 },
  '/completions': { model: MODEL, prompt: 'cat', max_tokens: 4 },
  '/fine_tuning/jobs': { model: MODEL, training_file: file },
});

export async function refusedByName({ client }: Story, file: string): Promise<void> {
  for (const [path, base] of Object.entries(smallest(file))) {
    const fields = Object.entries(marksOf(path));
    for (const [name, { 'x-refused': mark }] of fields) {
      if (!mark) continue;
      const error = await refusal(client.post(path, { body: { ...base, [name]: mark.value } }));
      expect(error, name).toMatchObject({ status: 400, code: 'unsupported_parameter', param: name });
    }
    const ignored = fields.flatMap(([name, { 'x-ignored': mark }]) => (mark ? [[name, mark.value]] : []));
    if (ignored.length > 0) await client.post(path, { body: { ...base, ...Object.fromEntries(ignored) } });
  }
}

function marksOf(path: string): Readonly<Record<string, Marks>> {
  const route = WIRE_ROUTES.find((one) => one.method === 'POST' && one.path === path);
  return (route?.request as unknown as { properties: Readonly<Record<string, Marks>> }).properties;
}
