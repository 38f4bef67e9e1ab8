import type { ModelRecord } from '@preheat/contracts';
import type { LoadedModel } from '@preheat/inference/model-registry';
import { VirtualClock } from '@preheat/ports';
import { describe, expect, it } from 'vitest';
import { HeldModels } from './held-models.js';

const KIB = 1024;
const LOAD_MS = 5_000;

const recordOf = (name: string, prefix = `bundles/${name}`) => ({ name, prefix }) as ModelRecord;

/** Every model has as many KiB as its name has letters. */
function shelf(budgetKiB: number) {
  const clock = new VirtualClock();
  const reads: string[] = [];
  const models = {
    load: async (record: ModelRecord): Promise<LoadedModel> => {
      reads.push(record.name);
      await clock.sleep(LOAD_MS);
      if (record.name === 'damaged') throw new Error('the bundle is damaged');
      const data = new Float32Array((record.name.length * KIB) / 4);
      return { record, tensors: new Map([['w', { shape: [data.length], data }]]) } as unknown as LoadedModel;
    },
  };
  const held = new HeldModels(models, { clock, budgetBytes: budgetKiB * KIB });
  const load = (name: string, prefix?: string) => clock.run(held.load(recordOf(name, prefix)));
  const names = () => held.list.map(({ model }) => model);
  return { clock, held, load, reads, names };
}

describe('models that a runner keeps', () => {
  it('are read once, whatever their bundle is called by, and say how long that took', async () => {
    const { held, load, reads } = shelf(8);
    const first = await load('a');
    const again = await load('alias', 'bundles/a');
    expect(again.tensors).toBe(first.tensors);
    expect(again.record.name).toBe('alias');
    expect(reads).toEqual(['a']);
    expect(held.list).toEqual([{ model: 'a', prefix: 'bundles/a', loadMs: LOAD_MS }]);
    expect([held.takeSpentMs(), held.takeSpentMs()]).toEqual([LOAD_MS, 0]);
  });

  it('leave in the order of their last use when they exceed the budget', async () => {
    const { load, names } = shelf(6);
    await load('aa');
    await load('bb');
    await load('cc');
    await load('aa');
    expect(names()).toEqual(['aa', 'cc', 'bb']);
    await load('dd');
    expect(names()).toEqual(['dd', 'aa', 'cc']);
  });

  it('are at least the one used last, and it goes before another is read', async () => {
    const { clock, held, load, names } = shelf(4);
    await load('larger');
    expect(names()).toEqual(['larger']);
    await load('b');
    expect(names()).toEqual(['b']);
    expect(held.holds('bundles/larger')).toBe(false);
    await load('larger');
    expect(names()).toEqual(['larger']);
    expect((await clock.run(held.readOnce(recordOf('checkpoint')))).record.name).toBe('checkpoint');
    expect(names()).toEqual([]);
    expect(held.takeSpentMs()).toBe(4 * LOAD_MS);
  });

  it('are no more than a record names', async () => {
    const { held, load } = shelf(100);
    for (let i = 0; i < 12; i++) await load(`m${i}`);
    expect(held.list).toHaveLength(8);
    expect(held.holds('bundles/m3')).toBe(false);
  });

  it('are not those that could not be read', async () => {
    const { load, names, reads } = shelf(8);
    await load('a');
    await expect(load('damaged')).rejects.toThrow('damaged');
    expect(names()).toEqual(['a']);
    await expect(load('damaged')).rejects.toThrow('damaged');
    expect(reads).toEqual(['a', 'damaged', 'damaged']);
  });
});
