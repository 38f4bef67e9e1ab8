import { VirtualClock } from '@preheat/ports';
import { expect, it } from 'vitest';
import { FirstStepWatch } from './first-step.js';
import { startEvent } from './start-event.js';

async function started(queuedAtMs: number, processStartedAtMs: number | null) {
  const clock = new VirtualClock(100_000);
  const watch = new FirstStepWatch(clock, null);
  watch.enter('data', 'reading the data');
  await clock.advance(500);
  watch.enter('model', 'opening phase 1');
  await clock.advance(2_000);
  watch.enter('step', 'in the first step of phase 1');
  await clock.advance(1_500);
  watch.end();
  await clock.advance(60_000);
  watch.enter('model', 'opening phase 2');
  return startEvent({ createdAtMs: 0, queuedAtMs }, watch, processStartedAtMs);
}

it('says of a warm start how long the job waited, and what the runner did until its first step', async () => {
  const event = await started(97_000, 50_000);
  expect(event.message).toBe(
    'First step after 7.0 s (warm start): waiting for a runner 3.0 s, reading data 0.5 s, opening the model 2.0 s, the step 1.5 s',
  );
  expect(event.data).toEqual({
    ...{ kind: 'first_step', cold: false, total_ms: 7_000, queue_ms: 3_000, machine_ms: null, process_ms: null },
    ...{ data_ms: 500, model_ms: 2_000, step_ms: 1_500 },
  });
  expect((await started(97_000, null)).data).toEqual(event.data);
});

it('says of a cold one what the machine and the process took', async () => {
  const event = await started(40_000, 90_000);
  expect(event.message).toContain(
    'First step after 64 s (cold start): starting a machine 50 s, starting the runner 10 s,',
  );
  expect(event.data).toMatchObject({
    cold: true,
    queue_ms: 0,
    machine_ms: 50_000,
    process_ms: 10_000,
    total_ms: 64_000,
  });
});
