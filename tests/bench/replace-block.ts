/** Generated parts of a page stand between comments that name them: `<!-- name -->` and `<!-- /name -->`. */
import { readFileSync, writeFileSync } from 'node:fs';

/** @param page Of `docs`. @throws Error when it has lost its block. */
export function fillBlock(page: string, name: string, content: string): void {
  const file = new URL(`../../docs/${page}`, import.meta.url);
  writeFileSync(file, replaceBlock(readFileSync(file, 'utf8'), name, content));
}

/** @throws Error when the page has lost its block. */
export function replaceBlock(page: string, name: string, content: string): string {
  const [opening, closing] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const [start, end] = [page.indexOf(opening), page.indexOf(closing)];
  if (start < 0 || end < start) throw new Error(`the page has no block from ${opening} to ${closing}`);
  return `${page.slice(0, start + opening.length)}\n\n${content}\n\n${page.slice(end)}`;
}
