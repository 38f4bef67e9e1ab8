/** Query strings with nested keys, as official clients send them: `metadata[k]=v` becomes `{metadata: {k: 'v'}}`. */
import qs from 'qs';

export function parseQuery(text: string): Record<string, unknown> {
  return qs.parse(text, { depth: 1, parameterLimit: 100, parseArrays: false, plainObjects: true });
}
