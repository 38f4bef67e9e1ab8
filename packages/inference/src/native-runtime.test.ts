import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { DecoderSession } from './index.js';
import { randomTensors, TINY_CONFIG } from './oracle/tiny-model.js';

const MAPS = '/proc/self/maps';
const isLoaded = (): boolean => readFileSync(MAPS, 'utf8').includes('onnxruntime_binding');

it.skipIf(!existsSync(MAPS))('is loaded by whoever decodes in its own thread, and by nobody else', async () => {
  expect(isLoaded()).toBe(false);
  const session = await DecoderSession.create(TINY_CONFIG, randomTensors(TINY_CONFIG, 1));
  expect(isLoaded()).toBe(true);
  await session.close();
});

it('can be loaded before there is a graph', async () => {
  const { LocalRunner } = await import('./local-runner.js');
  const runner = new LocalRunner(1);
  await expect(runner.loadRuntime()).resolves.toBeUndefined();
  await runner.close();
});
