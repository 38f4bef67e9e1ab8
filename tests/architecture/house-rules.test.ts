/** House rules that no linter has (CONTRIBUTING.md gives the reasons). Each message says how to fix what it found. */
import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { hasOwnProcess, OWN_PROCESS } from '../own-process.js';
import { functionLengths } from './function-lengths.js';
import { REPOSITORY_ROOT, rooms } from './rooms.js';
import { sourceFiles, sourceFolders } from './source-files.js';

const MAX_FILE_LINES = 400;
const MAX_FUNCTION_LINES = 70;
/** A recipe's loop keeps one fixed order (collect, score, update, log, checkpoint) visible in one place. */
const MAX_RECIPE_FUNCTION_LINES = 90;
const MAX_HEADER_LINES = 8;
const KEBAB_CASE = /^\.?[a-z0-9]+([-.][a-z0-9]+)*$/;
const NAMELESS_FOLDER = /^(utils?|common|helpers?|shared|misc|lib)$/;
/** Built from halves, so that this file does not contain what it forbids. */
const UNFINISHED = new RegExp(`\\b(${['TO' + 'DO', 'FIX' + 'ME', 'HA' + 'CK', 'X' + 'XX'].join('|')})\\b`);

/** Comparisons with nothing, and filters of what a project was found to own. */
const NOT_OWNERSHIP = /[!=]== (null|undefined|''|grantee)/;

const files = sourceFiles();

/** Fails with one line a finding, so that all are fixed in one go. */
function expectNone(findings: string[], howToFix: string): void {
  expect(findings.join('\n'), howToFix).toBe('');
}

test('the rules look at the whole house', () => {
  const untouched = rooms().filter(({ folder }) => !files.some(({ path }) => path.startsWith(`${folder}/src/`)));
  expect(untouched.map(({ folder }) => folder)).toEqual([]);
  expect(files.length).toBeGreaterThan(100);
});

describe('files', () => {
  test(`are at most ${MAX_FILE_LINES} lines long`, () => {
    const lineCount = (text: string) => text.trimEnd().split('\n').length;
    const long = files.filter(({ text }) => lineCount(text) > MAX_FILE_LINES);
    const findings = long.map(({ path, text }) => `${path}: ${lineCount(text)} lines`);
    expectNone(
      findings,
      'Split the file by what its parts are about, and name each file after the one thing it exports.',
    );
  });

  test('have kebab-case names', () => {
    const findings = files.map(({ path }) => path).filter((path) => !KEBAB_CASE.test(basename(path)));
    expectNone(findings, 'Rename to lower case with hyphens: a listing should read like a table of contents.');
  });

  test('begin with a comment that says what they are and why', () => {
    const findings = files.filter(({ path, text }) => isShipped(path) && !hasHeader(text)).map(({ path }) => path);
    const howToFix = `Start with a comment of 1 to ${MAX_HEADER_LINES} lines: what this is, the invariant it keeps, why it exists.`;
    expectNone(findings, howToFix);
  });

  test('are finished', () => {
    const findings = files.flatMap(({ path, text }) =>
      text
        .split('\n')
        .flatMap((line, index) => (UNFINISHED.test(line) ? [`${path}:${index + 1}: ${line.trim()}`] : [])),
    );
    expectNone(findings, 'Do it now, or write an issue; a mark in the code is read by nobody.');
  });
});

test(`functions are at most ${MAX_FUNCTION_LINES} lines long (${MAX_RECIPE_FUNCTION_LINES} in recipe.ts)`, () => {
  const findings = files.flatMap(({ path, text }) => {
    const limit = basename(path) === 'recipe.ts' ? MAX_RECIPE_FUNCTION_LINES : MAX_FUNCTION_LINES;
    const long = functionLengths(path, text).filter(({ lines }) => lines > limit);
    return long.map(({ name, line, lines }) => `${path}:${line}: ${name} has ${lines} lines, at most ${limit}`);
  });
  expectNone(findings, 'Take out the steps as functions named after what they do.');
});

test('only `ownedBy` decides whether a project may see a document', () => {
  const decision = /\bprojectId\b[^=;\n]{0,20}[!=]==|[!=]==[^=;\n&|]{0,20}\bprojectId\b/;
  const decides = ({ path, text }: { path: string; text: string }) =>
    text
      .split('\n')
      .flatMap((line, index) =>
        decision.test(line) && !NOT_OWNERSHIP.test(line) ? [`${path}:${index + 1}: ${line.trim()}`] : [],
      );
  const served = files.filter(
    ({ path }) => /^(functions|packages\/jobs)\/src\//.test(path) && !path.endsWith('.test.ts'),
  );
  const findings = served.filter(({ path }) => !path.endsWith('/owned-by.ts')).flatMap(decides);
  expectNone(findings, 'Let packages/jobs/src/owned-by.ts decide: what it refuses looks like what does not exist.');
  expect(decides({ path: 'a.ts', text: 'if (job.projectId !== projectId) return;' })).toHaveLength(1);
});

describe('a test that shares its process with others', () => {
  const OF_THE_PROCESS = [
    /\bprocess\.(on|once|chdir|umask|memoryUsage|cpuUsage|resourceUsage)\b/,
    /\bprocess\.env(\.\w+|\[[^\]]+\])\s*(\?\?)?=[^=]|\bdelete process\.env/,
    /\bglobalThis\.\w+ = |\bvi\.(stub|useFakeTimers)|\bsetMocks\(/,
    /\bvi\.spyOn\((Intl|process|globalThis|Date|Math)\b|\bObject\.assign\(process\.env\b/,
    /\/proc\/self\//,
    // Among them are numbers that are zero once a native runtime was loaded.
    /\bfc\.(float|double)/,
  ];
  const touched = (text: string) =>
    text.split('\n').flatMap((line, index) => {
      return OF_THE_PROCESS.some((pattern) => pattern.test(line)) ? [`${index + 1}: ${line.trim()}`] : [];
    });
  const tests = files.filter(({ path }) => path.endsWith('.test.ts'));

  test('neither looks at nor changes what is of the process', () => {
    const shared = tests.filter(({ path }) => !hasOwnProcess(path));
    const findings = shared.flatMap(({ path, text }) => touched(text).map((line) => `${path}:${line}`));
    expectNone(findings, 'Add the file to tests/own-process.ts, under its reason.');
  });

  test('is told from those that do', () => {
    // Built from halves, so that this file does not contain what it forbids.
    const own = ["env['HOME'] = folder;", 'memoryUsage();', "on('exit', end);"].map((use) => `process${`.${use}`}`);
    expect(own.map(touched)).toEqual(own.map((line) => [`1: ${line}`]));
    expect(touched("if (process.env['HOME'] === folder || process.env.HOME == null) return;")).toEqual([]);
  });

  test('is any that tests/own-process.ts does not name, and each of its names is of some test', () => {
    const idle = OWN_PROCESS.filter((beginning) => !tests.some(({ path }) => path.startsWith(beginning)));
    expectNone(idle, 'Take what begins the path of no test out of tests/own-process.ts.');
  });
});

test('no folder is named after nothing', () => {
  const findings = sourceFolders(files).filter((folder) =>
    folder.split('/').some((part) => NAMELESS_FOLDER.test(part)),
  );
  expectNone(findings, 'Put each file where its subject lives; such a folder has no subject.');
});

describe('every room has a README whose first line is its purpose, as in package.json', () => {
  test.each(rooms())('$folder', ({ folder, name, description }) => {
    const path = join(REPOSITORY_ROOT, folder, 'README.md');
    expect(existsSync(path), `Write ${folder}/README.md: a title and one sentence.`).toBe(true);
    const [title, purpose] = readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => line.trim() !== '');
    const withoutMarkup = purpose?.replaceAll('`', '');
    expect(title).toBe(`# ${name}`);
    expect(withoutMarkup, `Make README.md and "description" of ${folder}/package.json say the same.`).toBe(description);
  });
});

/** Tests speak for themselves in their titles, and tools' configuration at the root in its names. */
function isShipped(path: string): boolean {
  return path.includes('/') && !path.endsWith('.test.ts');
}

function hasHeader(text: string): boolean {
  const [header] =
    text
      .replace(/^#!.*\n/, '')
      .replace(/^\/\/\/ <reference .*\n/, '')
      .match(/^(\/\*\*?[\s\S]*?\*\/|(\/\/.*\n)+)/) ?? [];
  return header !== undefined && header.trim().split('\n').length <= MAX_HEADER_LINES + 2;
}
