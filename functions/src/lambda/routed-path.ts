/** The path of a call as the router has it: without dot segments, query and needless escapes. */
import type { InjectOptions } from 'fastify';

const ORIGIN = 'http://localhost';

/** As it came where it is malformed: every app refuses it. */
export function routedPath({ url = '/' }: InjectOptions): string {
  const text = String(url);
  const absolute = text.startsWith('/') ? ORIGIN + text : text;
  try {
    return decodeURI(new URL(absolute, ORIGIN).pathname);
  } catch {
    return text;
  }
}
