/** What the documents tell people to type exists: commands and flags of `preheat`, scripts of npm, and the tests they name. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { runCli } from '../../packages/cli/src/cli.js';
import { testIo } from '../../packages/cli/src/test-kit/test-io.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const read = (path: string): string => readFileSync(ROOT + path, 'utf8');

const pages = [
  ...['README.md', 'CONTRIBUTING.md', 'ARCHITECTURE.md', 'SECURITY.md'],
  ...readdirSync(`${ROOT}docs`, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
  ...readdirSync(`${ROOT}packages`).map((name) => `packages/${name}/README.md`),
].filter((path) => existsSync(ROOT + path));

/** Lines of fenced blocks, continued lines joined, and what stands between single backticks. */
function snippets(page: string): string[] {
  const [inline, fenced]: [string[], string[]] = [[], []];
  for (const [index, part] of read(page)
    .split(/^```.*$/m)
    .entries()) {
    if (index % 2 === 1) fenced.push(...part.replaceAll('\\\n', ' ').split('\n'));
    else inline.push(...[...part.matchAll(/`([^`]+)`/g)].map(([, text = '']) => text.replaceAll('\n', ' ')));
  }
  return [...inline, ...fenced.map((line) => line.replace(/\s#.*$/, ''))];
}

const typed = (pattern: RegExp): { page: string; match: RegExpExecArray }[] =>
  pages.flatMap((page) =>
    snippets(page).flatMap((text) => {
      const match = pattern.exec(text.trim());
      return match ? [{ page, match }] : [];
    }),
  );

async function helpOf(words: readonly string[]): Promise<{ code: number; text: string }> {
  const io = testIo();
  return { code: await runCli([...words, '--help'], io), text: io.text.out + io.text.err };
}

it('names commands and flags of preheat that exist', async () => {
  const lines = typed(/^(?:\$ )?(?:npx )?preheat((?: [a-z-]+)(?:.*))$/);
  expect(lines.length).toBeGreaterThan(20);
  for (const { page, match } of lines) {
    const line = match[1]!;
    const [command = '', sub = ''] = line.trim().split(/\s+/);
    // `list|get` is a choice: each has to be there.
    for (const choice of sub.split('|')) {
      const words = /^[a-z]+$/.test(choice) ? [command, choice] : [command];
      const help = await helpOf(words);
      expect(help.code, `${page}: preheat${line}`).toBe(0);
      expect(help.text, `${page}: preheat${line}`).toMatch(new RegExp(`^Usage: preheat ${command}`, 'm'));
      if (sub.includes('|'))
        expect(help.text, `${page}: preheat${line}`).toContain(`Usage: preheat ${command} ${choice}`);
      for (const [flag] of line.matchAll(/--[a-z][a-z-]+/g)) {
        expect(help.text, `${page}: preheat${line}`).toContain(flag);
      }
    }
  }
});

it('names scripts of npm that exist', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
  const named = typed(/npm run ([a-z][a-z:-]*)(?! -w)/).filter(({ match }) => !match.input.includes(' -w '));
  expect(named.length).toBeGreaterThan(20);
  for (const { page, match } of named) expect(Object.keys(scripts), `${page}: ${match[0]}`).toContain(match[1]);
});

it('names tests that exist', () => {
  const named = typed(/npx vitest run ([^#]+)/);
  expect(named.length).toBeGreaterThan(5);
  for (const { page, match } of named) {
    for (const path of match[1]!.trim().split(/\s+/)) expect(existsSync(ROOT + path), `${page}: ${path}`).toBe(true);
  }
});
