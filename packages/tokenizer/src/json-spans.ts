/** Where values of a JSON text begin and end, in text that may still be growing. */

/** Index just past the value that begins at `start`; undefined while it has not ended. What is in it is not checked. */
export function jsonValueEnd(text: string, start: number): number | undefined {
  let depth = 0;
  let isInString = false;
  for (let at = start; at < text.length; at++) {
    const character = text[at] as string;
    if (isInString) {
      if (character === '\\') at++;
      else if (character === '"') isInString = false;
      if (!isInString && depth === 0) return at + 1;
    } else if (character === '"') isInString = true;
    else if ('{['.includes(character)) depth++;
    else if (depth === 0 && /[\s,:\]}]/.test(character)) return at;
    else if (']}'.includes(character) && --depth === 0) return at + 1;
  }
  return undefined;
}

/** Texts of the members of an object, by name. @param text of an object that parses. */
export function jsonMembers(text: string): Map<string, string> {
  const members = new Map<string, string>();
  for (let at = skipTo(text, 1); text[at] !== '}'; at = skipTo(text, at)) {
    const keyEnd = jsonValueEnd(text, at) ?? text.length;
    const start = skipTo(text, keyEnd);
    const end = jsonValueEnd(text, start) ?? text.length;
    members.set(JSON.parse(text.slice(at, keyEnd)) as string, text.slice(start, end));
    at = end;
  }
  return members;
}

/** Texts of the items of an array. @param text of an array that parses. */
export function jsonItems(text: string): string[] {
  const items: string[] = [];
  for (let at = skipTo(text, 1); text[at] !== ']'; at = skipTo(text, at)) {
    const end = jsonValueEnd(text, at) ?? text.length;
    items.push(text.slice(at, end));
    at = end;
  }
  return items;
}

/** The next character that is no space, comma or colon. */
function skipTo(text: string, from: number): number {
  let at = from;
  while (/[\s,:]/.test(text[at] ?? '')) at++;
  return at;
}
