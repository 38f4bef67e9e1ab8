import { expect, it } from 'vitest';
import { LoggedProcess } from './process-log.js';

const says = (lines: readonly string[]) =>
  new LoggedProcess([process.execPath, '-e', `for (const line of ${JSON.stringify(lines)}) console.log(line)`], {});

it('tells of lines that came before somebody listened, in their order', async () => {
  const logged = says([
    '{"message":"running a job","jobId":"a"}',
    'no record',
    '{"message":"left the job","jobId":"a"}',
  ]);
  await logged.seen('left the job');
  const heard: unknown[] = [];
  logged.onLine(({ message, fields }) => heard.push([message, fields['jobId']]));
  expect(heard).toEqual([
    ['running a job', 'a'],
    ['left the job', 'a'],
  ]);
  await logged.ended;
});

it('says how a process ended that never said what was waited for', async () => {
  await expect(says(['the port is taken']).seen('listening')).rejects.toThrow(/before it said "listening"/);
});

it('ends with this process before anything is cleared away that was to be, and is forgotten once it has ended', async () => {
  const clearAway = () => undefined;
  process.once('exit', clearAway);
  const before = process.listeners('exit');
  const logged = says([]);
  expect(process.listeners('exit').slice(1)).toEqual(before);
  await logged.ended;
  expect(process.listeners('exit')).toEqual(before);
  process.off('exit', clearAway);
});
