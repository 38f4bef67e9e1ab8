import { createHook } from 'node:async_hooks';
import { expect, it } from 'vitest';
import { merged } from './merged.js';

const ITEMS = 50;

async function* quick(): AsyncGenerator<number> {
  for (let item = 0; item < ITEMS; item++) yield item;
}

/** Says nothing until it is told to end. */
async function* silent(end: Promise<void>): AsyncGenerator<number> {
  await end;
}

/** Promises that are made while one source tells its items and others keep still. */
async function promisesMade(others: number): Promise<number> {
  let end = (): void => undefined;
  const ended = new Promise<void>((resolve) => (end = resolve));
  let made = 0;
  const hook = createHook({ init: (_id, type) => void (made += Number(type === 'PROMISE')) }).enable();
  const taken: number[] = [];
  const sources = [quick(), ...Array.from({ length: others }, () => silent(ended))];
  for await (const item of merged(sources, () => undefined)) if (taken.push(item) === ITEMS) end();
  hook.disable();
  expect(taken).toHaveLength(ITEMS);
  return made;
}

it('takes an item with the same work however many sources keep still', async () => {
  const ofEachSource = (await promisesMade(201)) - (await promisesMade(1));
  expect(ofEachSource / 200).toBeLessThan(ITEMS);
});
