import type { Problem } from '@preheat/contracts';
import { describe, expect, it } from 'vitest';
import { compileGrader } from './compile-grader.js';
import { type CompiledGrader, itemProblems, requiredItemKeys } from './compiled-grader.js';

const exact = {
  type: 'string_check',
  name: 'exact',
  input: '{{sample.output_text}}',
  reference: '{{item.reference}}',
  operation: 'eq',
};
const similar = { type: 'text_similarity', name: 'similar', input: 'a', reference: 'b' };
const per = {
  type: 'phoneme_error_rate',
  name: 'per',
  input: '{{ sample.output_text }}',
  references: '{{ item.references }}',
};
const multi = { type: 'multi', name: 'both', graders: { exact, per }, calculate_output: '0.2 * exact + 0.8 * per' };

function compiled(spec: unknown): CompiledGrader {
  const result = compileGrader(spec);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.value;
}

function problems(spec: unknown, path?: string): Problem[] {
  const result = compileGrader(spec, path);
  return result.ok ? [] : result.problems;
}

describe('compileGrader', () => {
  it('takes graders as a map, an array or a single one, and echoes one normal form', () => {
    expect(compiled(multi).grader).toEqual(multi);
    expect(compiled({ ...multi, graders: [exact, per] }).grader).toEqual(multi);
    const single = { ...multi, graders: exact, calculate_output: 'exact' };
    expect(compiled(single).grader).toEqual({ ...single, graders: { exact } });
  });

  it('spells neq as ne and keeps pass_threshold', () => {
    expect(compiled({ ...exact, operation: 'neq' }).grader).toMatchObject({ operation: 'ne' });
    expect(compiled({ ...per, pass_threshold: 0.5 }).grader).toMatchObject({ pass_threshold: 0.5 });
    expect(compiled({ ...multi, pass_threshold: 0.5 }).grader).toMatchObject({ pass_threshold: 0.5 });
  });

  it('names the path of every mistake', () => {
    const { reference: _, ...lacking } = exact;
    const broken = { ...multi, graders: { exact: { ...exact, reference: '{{ nope }}' }, per: { ...per, input: 7 } } };
    expect(problems(broken, 'method.reinforcement.grader').map(({ path }) => path)).toEqual([
      'method.reinforcement.grader.graders.exact.reference',
      'method.reinforcement.grader.graders.per.input',
    ]);
    expect(problems({ ...multi, graders: { exact: lacking } })).toEqual([
      { path: 'graders.exact', message: 'lacks ["reference"]' },
    ]);
  });

  it.each([
    [null, '', 'must be an object with a "type"'],
    [{ name: 'x' }, 'type', 'the type is missing; supported types are "string_check", "text_similarity"'],
    [{ type: 'python', name: 'x' }, '', 'lacks ["source"]'],
    [{ type: 'python', name: 'x', source: 'é'.repeat(140_000) }, 'source', 'must be at most 262144 bytes'],
    [{ type: 'http', name: 'x', url: 'ftp://grader.example/' }, 'url', 'must be an http or https address'],
    [{ type: 'http', name: 'x', url: 'https://me:key@grader.example/' }, 'url', 'send a header instead'],
    [
      { type: 'http', name: 'x', url: 'https://a.example', headers: { Host: 'b' } },
      'headers.Host',
      'set by the platform',
    ],
    [
      { type: 'http', name: 'x', url: 'https://a.example', headers: { a: 'b\r\nc: d' } },
      'headers.a',
      'not a valid header',
    ],
    [{ type: 'constructor', name: 'x' }, 'type', 'constructor graders are not supported'],
    [{ ...exact, operation: 'equals' }, 'operation', 'must be one of ["eq","ne","neq","like","ilike"]'],
    [{ ...exact, weight: 2 }, 'weight', 'is not a known key'],
    [{ ...similar, evaluation_metric: 'jaccard' }, 'evaluation_metric', 'must be one of ["fuzzy_match"'],
    [{ ...per, references: 'K AE T' }, 'references', 'exactly one placeholder'],
    [{ ...per, references: '{{ sample.output_text }}' }, 'references', 'names an item key'],
    [{ ...multi, calculate_output: '1 + ' }, 'calculate_output', 'column 5'],
    [{ ...multi, graders: {} }, 'graders', 'must hold 1 to 32 graders, found 0'],
    [{ ...multi, graders: { a: multi } }, 'graders.a', 'multi graders cannot be nested'],
    [{ ...multi, graders: multi }, 'graders', 'multi graders cannot be nested'],
    [{ ...multi, graders: { 'a b': exact } }, 'graders.a b', 'must be usable as a variable'],
    [{ ...multi, graders: { min: exact } }, 'graders.min', '"min" is the name of a function'],
    [{ ...multi, graders: [exact, exact] }, 'graders.1', 'the name "exact" is used twice'],
    [{ ...multi, graders: [exact, 'per'] }, 'graders.1', 'must be a grader object'],
  ])('refuses %j at "%s"', (spec, path, message) => {
    const [first] = problems(spec);
    expect(first?.path).toBe(path);
    expect(first?.message).toContain(message);
  });
});

describe('cosine', () => {
  const cosine = { ...similar, evaluation_metric: 'cosine' };

  it('is for evals only', () => {
    expect(compileGrader(cosine).ok).toBe(true);
    const multi = { type: 'multi', name: 'm', graders: { cosine }, calculate_output: 'cosine' };
    for (const [spec, path] of [
      [cosine, 'g.evaluation_metric'],
      [multi, 'g.graders.cosine.evaluation_metric'],
    ] as const) {
      const result = compileGrader(spec, 'g', { isTraining: true });
      expect(result.ok ? [] : result.problems).toEqual([{ path, message: 'cosine is for evals only, as at OpenAI' }]);
    }
  });
});

describe('http', () => {
  it('is refused where nothing outside can be reached, and only there', () => {
    const remote = { type: 'http', name: 'remote', url: 'https://grader.example/score' };
    const multi = { type: 'multi', name: 'm', graders: { exact, remote }, calculate_output: 'exact + remote' };
    for (const [spec, path] of [
      [remote, 'g.url'],
      [multi, 'g.graders.remote.url'],
    ] as const) {
      const result = compileGrader(spec, 'g', { isTraining: true, isShutIn: true });
      expect(result.ok ? [] : result.problems).toMatchObject([
        { path, message: expect.stringContaining('no way out') },
      ]);
      expect(compileGrader(spec, 'g', { isTraining: true }).ok).toBe(true);
    }
    expect(compileGrader(exact, 'g', { isShutIn: true }).ok).toBe(true);
  });
});

describe('requiredItemKeys and itemProblems', () => {
  it('lists the top-level keys that rows must have', () => {
    expect(requiredItemKeys(compiled(multi))).toEqual(['reference', 'references']);
    expect(requiredItemKeys(compiled({ ...exact, reference: 'x {{item.a.b}} {{item.a.c}} {{ item.d[0] }}' }))).toEqual([
      'a',
      'd',
    ]);
  });

  it('says what is wrong with a row before any sample exists', () => {
    const grader = compiled(multi);
    expect(itemProblems(grader, { reference: 'K', references: ['K'] })).toEqual([]);
    expect(itemProblems(grader, { reference: 'K', references: 'K' })).toEqual([]);
    expect(itemProblems(grader, {})).toEqual([
      '{{ item.reference }} has no value in this item.',
      '{{ item.references }} has no value in this item.',
    ]);
    for (const references of [[], [1], {}, new Array(65).fill('K'), ['K '.repeat(5000)]]) {
      expect(itemProblems(grader, { reference: 'K', references })[0]).toContain(
        'must be 1 to 64 strings of at most 4096',
      );
    }
  });
});
