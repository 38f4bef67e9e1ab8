import type { FineTuningJob, FineTuningJobEvent } from '@preheat/sdk';
import { expect, it } from 'vitest';
import { JobView } from './job-view.js';

const job = (phase: number | null): FineTuningJob =>
  ({
    id: 'ftjob-1',
    status: phase === null ? 'queued' : 'running',
    pipeline: [{ algorithm: 'sft' }, { algorithm: 'grpo' }],
    progress:
      phase === null ? null : { phase, phase_step: 30, phase_steps: 60, tokens_per_second: 5_432, eta_seconds: 75 },
  }) as unknown as FineTuningJob;

const event = (data: Record<string, unknown> | null, message = ''): FineTuningJobEvent =>
  ({ type: data ? 'metrics' : 'message', level: 'info', message, data }) as FineTuningJobEvent;

const metrics = (phase: number, more: Record<string, number>): FineTuningJobEvent =>
  event({ phase, step: 30, total_steps: 60, tokens_per_second: 5_432, eta_seconds: 75, ...more });

it('shows the state while the job waits, then phase, step, metric, speed and time left', () => {
  const view = new JobView();
  expect(view.line()).toBe('waiting for the job');
  view.job(job(null));
  expect(view.line()).toBe('ftjob-1 queued');
  view.job(job(0));
  expect(view.line()).toBe('[1/2 sft]  ████████░░░░░░░░  step 30/60  5.4k tok/s  ETA 1m 15s');
  expect(view.event(metrics(0, { train_loss: 1.23456 }))).toBeUndefined();
  expect(view.line()).toBe('[1/2 sft]  ████████░░░░░░░░  step 30/60  loss 1.235  5.4k tok/s  ETA 1m 15s');
});

it('says what a queued job waits for', () => {
  const view = new JobView();
  const queue = { position: 3, estimated_start: null, reason: '2 jobs ahead; the runner is busy', warm: true };
  view.job({ ...job(null), queue });
  expect(view.line()).toBe('ftjob-1 queued, place 3: 2 jobs ahead; the runner is busy');
});

it('takes everything on the line from one event, so that an older job object changes nothing', () => {
  const view = new JobView();
  view.job(job(0));
  view.event(metrics(1, { step: 6, train_loss: 0.1, train_mean_reward: 0.8 }));
  view.job(job(0));
  expect(view.line()).toBe('[2/2 grpo]  ██░░░░░░░░░░░░░░  step 6/60  reward 0.800  5.4k tok/s  ETA 1m 15s');
});

it('passes messages on, with their level when it is not info', () => {
  const view = new JobView();
  expect(view.event(event(null, 'started'))).toBe('started');
  expect(view.event(event(null, 'a\u001b[2Jb'))).toBe('a\ufffd[2Jb');
  const checkpoint = { ...event({ kind: 'checkpoint', step: 3 }, 'a long name'), type: 'message' as const };
  expect(view.event(checkpoint)).toBe('checkpoint at step 3');
  expect(view.event({ ...event(null, 'slow'), level: 'warn' })).toBe('warn: slow');
});
