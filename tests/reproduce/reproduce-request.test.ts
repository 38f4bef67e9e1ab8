import { expect, it } from 'vitest';
import { REPRODUCE_HELP, reproduceRequest } from './reproduce-request.js';

const known = { systems: ['ift', 's3ft'], bases: ['B-arith', 'B-mix'] };
const request = (...args: string[]) => reproduceRequest(args, known);

it('reads what is asked for, with what is left out', () => {
  expect(request('ift')).toEqual({ kind: 'run', system: 'ift', preset: 'small', work: '.preheat/reproduce' });
  expect(request('--preset=tiny', 's3ft', '--work', 'here')).toEqual({
    kind: 'run',
    system: 's3ft',
    preset: 'tiny',
    work: 'here',
  });
  expect(request('--list')).toEqual({ kind: 'list' });
  expect(request('--index')).toEqual({ kind: 'index' });
  expect(request('--bases')).toMatchObject({ kind: 'bases', names: ['B-arith', 'B-mix'] });
  expect(request('--bases', 'B-mix')).toMatchObject({ kind: 'bases', names: ['B-mix'] });
  for (const args of [['--help'], ['-h'], ['ift', '--help'], ['--list', '--help']]) {
    expect(request(...args)).toEqual({ kind: 'help' });
  }
});

it.each([
  [['--pre', 'tiny', 'ift'], /no option --pre;.*--preset/],
  [['-x'], /no option -x;/],
  [['ift', '--preset'], /--preset/],
  [['ift', '--preset', 'huge'], /no preset huge; there are tiny, small, full/],
  [['ift', '--list=yes'], /--list/],
  [[], /no system is named/],
  [['itf'], /no system itf/],
  [['ift', 's3ft'], /s3ft is too much/],
  [['--list', 'ift'], /--list takes no system/],
  [['--list', '--index'], /--list and --index/],
  [['--bases', 'B-none'], /no base B-none; there are B-arith, B-mix/],
])('says of %j what is wrong', (args, says) => {
  expect(request(...args)).toMatchObject({ kind: 'mistake', message: expect.stringMatching(says) as string });
});

it('has a help that names every option and preset, and fits a terminal', () => {
  for (const word of ['--preset', '--work', '--list', '--index', '--bases', '--help', 'tiny', 'small', 'full']) {
    expect(REPRODUCE_HELP).toContain(word);
  }
  expect(Math.max(...REPRODUCE_HELP.split('\n').map(({ length }) => length))).toBeLessThanOrEqual(125);
});
