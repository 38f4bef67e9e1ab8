/** Query strings as the OpenAI wire writes them: nested keys in brackets, `metadata[k]=v`; undefined values are left out. */
export type QueryValue = string | number | boolean | null | undefined | { readonly [key: string]: string };
export type Query = { readonly [key: string]: QueryValue };

/** `''`, or `?` and the encoded pairs. `null` becomes an empty value, which filters for "has none". */
export function encodeQuery(query: Query): string {
  const pairs = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value === undefined) continue;
    if (value !== null && typeof value === 'object') {
      for (const [inner, text] of Object.entries(value)) pairs.append(`${key}[${inner}]`, text);
    } else {
      pairs.append(key, value === null ? '' : String(value));
    }
  }
  const text = pairs.toString();
  return text === '' ? '' : `?${text}`;
}
