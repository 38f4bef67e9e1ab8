// @vitest-environment happy-dom
import { type FineTuningJob, Preheat } from '@preheat/sdk';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { JobActions } from './job-actions.js';

const job = (status: FineTuningJob['status']) => ({ id: 'ftjob-1', status }) as FineTuningJob;

let asked: string[];
let refusal: string | undefined;
let actions: JobActions;
const usual = globalThis.confirm;
beforeEach(() => {
  asked = [];
  refusal = undefined;
  const fetch = async (url: string | URL | Request): Promise<Response> => {
    asked.push(String(url));
    const body = refusal === undefined ? {} : { error: { message: refusal } };
    return new Response(JSON.stringify(body), { status: refusal === undefined ? 200 : 400 });
  };
  actions = new JobActions(new Preheat({ apiKey: 'k', baseURL: 'http://localhost/v1', fetch }), () =>
    asked.push('changed'),
  );
});
afterEach(() => {
  globalThis.confirm = usual;
});

const buttons = (): HTMLButtonElement[] => [...actions.element.querySelectorAll('button')];
const labels = (): (string | null)[] => buttons().map(({ textContent }) => textContent);

it('keeps its buttons for as long as they mean the same', () => {
  actions.show(job('queued'));
  const before = buttons();
  actions.show(job('running'));
  expect(buttons()).toEqual(before);
  expect(buttons()[0]).toBe(before[0]);
  actions.show(job('paused'));
  expect(labels()).toEqual(['Resume', 'Cancel']);
  actions.show(job('pausing'));
  expect(labels()).toEqual(['Cancel']);
  actions.show(job('failed'));
  expect(labels()).toEqual([]);
});

it('cancels only what is confirmed', async () => {
  actions.show(job('running'));
  globalThis.confirm = () => false;
  buttons()[1]!.click();
  expect(asked).toEqual([]);
  globalThis.confirm = () => true;
  buttons()[1]!.click();
  await expect.poll(() => asked).toEqual(['http://localhost/v1/fine_tuning/jobs/ftjob-1/cancel', 'changed']);
});

it('says what was refused, and lets it be tried again', async () => {
  refusal = 'it has just ended';
  actions.show(job('running'));
  buttons()[0]!.click();
  expect(buttons()[0]!.disabled).toBe(true);
  await expect.poll(() => actions.element.querySelector('[role=alert]')?.textContent).toBe('it has just ended');
  await expect.poll(() => buttons()[0]!.disabled).toBe(false);
});
