import { describe, expect, it } from 'vitest';
import { ProgressLine, progressBar } from './progress-line.js';

function screen(isTTY: boolean, columns = 20) {
  const clock = { nowMs: 0 };
  const written: string[] = [];
  const line = new ProgressLine({ write: (text) => written.push(String(text)), isTTY, columns }, () => clock.nowMs);
  return { line, written, clock };
}

describe('ProgressLine on a terminal', () => {
  it('rewrites one line, cut to the width, at most ten times a second', () => {
    const { line, written, clock } = screen(true);
    line.update('step 1');
    line.update('step 2');
    clock.nowMs = 100;
    line.update('step 3 and more than fits here');
    expect(written).toEqual(['\r\u001b[2Kstep 1', '\r\u001b[2Kstep 3 and more tha']);
  });

  it('keeps messages above the line, and leaves the last state standing at the end', () => {
    const { line, written } = screen(true);
    line.update('step 1');
    line.message('saved');
    line.end();
    expect(written.join('')).toBe('\r\u001b[2Kstep 1\r\u001b[2Ksaved\n\r\u001b[2Kstep 1\r\u001b[2Kstep 1\n');
  });
});

describe('ProgressLine elsewhere', () => {
  it('prints whole lines, one every five seconds, and those forced', () => {
    const { line, written, clock } = screen(false);
    line.update('step 1');
    line.update('step 2');
    line.message('saved');
    clock.nowMs = 5_000;
    line.update('step 3');
    line.update('done', true);
    line.end();
    expect(written).toEqual(['step 1\n', 'saved\n', 'step 3\n', 'done\n']);
  });
});

it('draws a bar, within its bounds', () => {
  expect(progressBar(0.5, 4)).toBe('██░░');
  expect(progressBar(-1, 4)).toBe('░░░░');
  expect(progressBar(7, 4)).toBe('████');
});
