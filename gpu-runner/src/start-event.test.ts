import { VirtualClock } from '@preheat/ports';
import { expect, it } from 'vitest';
import { FirstStepWatch } from './first-step.js';
import { startEvent } from './start-event.js';

async function started(queuedAtMs: number, processStartedAtMs: number | null, imageMs: number | null = null) {
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
  return startEvent({ createdAtMs: 0, queuedAtMs }, watch, { processStartedAtMs, imageMs, fetchMs: 1_500 });
}

it('says of a warm start how long the job waited, and what the runner did until its first step', async () => {
  const event = await started(97_000, 50_000);
  expect(event.message).toBe(
    'First step after 7.0 s (warm start): waiting for a runner 3.0 s, reading data 0.5 s, opening the model 2.0 s, the step 1.5 s',
  );
  expect(event.data).toEqual({
    ...{
      kind: 'first_step',
      cold: false,
      total_ms: 7_000,
      queue_ms: 3_000,
      machine_ms: null,
      process_ms: null,
      image_ms: null,
    },
    ...{ data_ms: 500, model_ms: 2_000, fetch_ms: 1_500, step_ms: 1_500 },
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

it('tells the image apart from the machine where its time is known', async () => {
  const event = await started(40_000, 90_000, 30_000);
  expect(event.message).toContain('starting a machine 20 s, pulling the image 30 s, starting the runner 10 s,');
  expect(event.data).toMatchObject({ machine_ms: 20_000, image_ms: 30_000, process_ms: 10_000, total_ms: 64_000 });
  // It was pulled before the job came, for the most part.
  expect((await started(85_000, 90_000, 30_000)).data).toMatchObject({ machine_ms: 0, image_ms: 5_000 });
  expect((await started(97_000, 90_000, 30_000)).data).toMatchObject({ cold: false, image_ms: null });
});
