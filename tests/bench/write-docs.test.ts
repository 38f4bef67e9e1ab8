import { describe, expect, it } from 'vitest';
import { svgPlot } from './plot.js';
import { replaceBlock } from './replace-block.js';

describe('replaceBlock', () => {
  const page = 'before\n<!-- bench:engine -->\nold\n<!-- /bench:engine -->\nafter\n';

  it('replaces what is between the marks and nothing else, any number of times', () => {
    const once = replaceBlock(page, 'bench:engine', 'new');
    expect(once).toBe('before\n<!-- bench:engine -->\n\nnew\n\n<!-- /bench:engine -->\nafter\n');
    expect(replaceBlock(once, 'bench:engine', 'new')).toBe(once);
  });

  it('refuses a page without the marks', () => {
    expect(() => replaceBlock('nothing', 'bench:engine', 'new')).toThrow('no block');
  });
});

describe('svgPlot', () => {
  it('puts equal factors at equal distances', () => {
    const points = [1, 10, 100].map((x) => ({ x, y: x }));
    const svg = svgPlot({ title: 't', xLabel: 'x', yLabel: 'y', lines: [{ name: 'a', colour: 'red', points }] });
    const [, drawn = ''] = /polyline points="([^"]+)"/.exec(svg) ?? [];
    const [a, b, c] = drawn.split(' ').map((pair) => pair.split(',').map(Number)) as [number[], number[], number[]];
    expect((b[0] ?? 0) - (a[0] ?? 0)).toBeCloseTo((c[0] ?? 0) - (b[0] ?? 0), 0);
    expect((a[1] ?? 0) - (b[1] ?? 0)).toBeCloseTo((b[1] ?? 0) - (c[1] ?? 0), 0);
    expect(a[1]).toBeGreaterThan(c[1] ?? Infinity);
  });
});
