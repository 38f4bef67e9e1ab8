import { expect, test } from 'vitest';
import { JsonLog } from './json-log.js';

function capture(level?: 'debug' | 'warn'): { log: JsonLog; lines: Record<string, unknown>[] } {
  const lines: Record<string, unknown>[] = [];
  const write = (line: string): void => void lines.push(JSON.parse(line));
  return {
    log: JsonLog.open({ ...(level === undefined ? {} : { level }), fields: { program: 'test' }, write }),
    lines,
  };
}

test('an event is one JSON line with its level, time, message and fields', () => {
  const { log, lines } = capture();
  log.info('job acquired', { jobId: 'ftjob-1', waitMs: 12 });
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatchObject({
    level: 'info',
    message: 'job acquired',
    program: 'test',
    jobId: 'ftjob-1',
    waitMs: 12,
  });
  expect(new Date(String(lines[0]?.['time'])).getTime()).toBeGreaterThan(0);
});

test('a child adds its fields to every line', () => {
  const { log, lines } = capture();
  log.child({ runnerId: 'r1' }).child({ epoch: 2 }).warn('lease lost');
  expect(lines[0]).toMatchObject({ level: 'warn', runnerId: 'r1', epoch: 2, program: 'test' });
});

test('events below the level are not written', () => {
  const { log, lines } = capture('warn');
  log.debug('a');
  log.info('b');
  log.error('c');
  expect(lines.map((line) => line['message'])).toEqual(['c']);
});

test('an error keeps its message, its stack and its cause', () => {
  const { log, lines } = capture();
  log.error('step failed', { error: new Error('outer', { cause: new Error('inner') }) });
  expect(JSON.stringify(lines[0])).toMatch(/outer/);
  expect(JSON.stringify(lines[0])).toMatch(/inner/);
  expect(JSON.stringify(lines[0])).toMatch(/json-log\.test/);
});

test('secrets are removed by name, in fields, in children, and inside objects and lists', () => {
  const { log, lines } = capture();
  const headers = { Authorization: 'Bearer sk-1', 'x-api-key': 'sk-2', accept: 'text/html' };
  log.child({ apiKey: 'sk-3' }).info('request', { headers, list: [{ api_key: 'sk-4' }], secretAccessKey: 'sk-5' });
  expect(JSON.stringify(lines)).not.toMatch(/sk-/);
  expect(lines[0]).toMatchObject({ headers: { Authorization: '[redacted]', accept: 'text/html' } });
});

test('an object that contains itself ends the line, not the program', () => {
  const { log, lines } = capture();
  const loop: Record<string, unknown> = {};
  loop['self'] = loop;
  log.info('loop', { loop });
  expect(lines[0]?.['message']).toBe('loop');
});

test('secrets are removed by what they look like, in messages, errors, causes and nested text', () => {
  const { log, lines } = capture();
  const cause = Object.assign(new Error('POST https://user:hunter22@hooks.example/ refused'), {
    config: { headers: { authorization: 'Bearer abcdefghij', 'x-grader-token': 'Bearer klmnopqrst' } },
  });
  const error = new Error('signed with whsec_c2VjcmV0c2VjcmV0 for sk-preheat-0123456789', { cause });
  log.error('request with Bearer uvwxyz012345 failed', { error, list: [{ deep: 'key AKIAIOSFODNN7EXAMPLE' }] });
  const text = JSON.stringify(lines);
  expect(text).not.toMatch(/hunter22|abcdefghij|klmnopqrst|c2VjcmV0|0123456789|uvwxyz|AKIA/);
  expect(text).toMatch(/signed with \[redacted\] for \[redacted\]/);
  expect(lines[0]).toMatchObject({
    error: { type: 'Error', cause: { config: { headers: { authorization: '[redacted]' } } } },
  });
});

test('what looks like no secret is left as it is', () => {
  const { log, lines } = capture();
  log.info('job ftjob-00Task-1 on https://example.com/v1?x=1', { file: 'file-ask-12', tokens: 12, tokenCount: 3 });
  expect(lines[0]).toMatchObject({
    message: 'job ftjob-00Task-1 on https://example.com/v1?x=1',
    file: 'file-ask-12',
    tokens: 12,
  });
});
