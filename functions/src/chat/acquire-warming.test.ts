import type { Log } from '@preheat/ports';
import { VirtualClock } from '@preheat/ports';
import { beforeEach, expect, it } from 'vitest';
import type { ServedModel } from '../serving/decoder-serving.js';
import { acquireWarming } from './acquire-warming.js';
import { patience } from './patience.js';

const nothing = () => undefined;
const log: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing, child: () => log };
const turn = () => new Promise((resolve) => setImmediate(resolve));

let clock: VirtualClock;
let gone: AbortController;
let released: number;
let finishLoading: () => void;
let stream: AsyncGenerator<string, ServedModel>;

beforeEach(() => {
  clock = new VirtualClock();
  gone = new AbortController();
  released = 0;
  const model = { release: async () => void released++ } as unknown as ServedModel;
  const opening = new Promise<ServedModel>((resolve) => (finishLoading = () => resolve(model)));
  stream = acquireWarming({ acquire: () => opening, clock, log, signal: gone.signal, patience: patience() });
});

/** What the stream says next, once it has waited. */
async function said(): Promise<IteratorResult<string, ServedModel>> {
  const next = stream.next();
  await turn();
  await clock.advance(5_000);
  return next;
}

it('hands over a model that comes, which is then to be given back by who has it', async () => {
  expect(await said()).toMatchObject({ done: false, value: ': warming\n\n' });
  finishLoading();
  expect(await stream.next()).toMatchObject({ done: true });
  await turn();
  expect(released).toBe(0);
});

it('gives back a model that comes after the stream was left between two comments', async () => {
  await said();
  await stream.return(undefined as never);
  finishLoading();
  await turn();
  expect(released).toBe(1);
});

it('ends when the client goes in the middle of a wait, and gives back the model that comes then', async () => {
  const next = stream.next();
  await turn();
  gone.abort(new Error('the client is gone'));
  await expect(next).rejects.toThrow('the client is gone');
  expect(released).toBe(0);
  finishLoading();
  await turn();
  expect(released).toBe(1);
});
