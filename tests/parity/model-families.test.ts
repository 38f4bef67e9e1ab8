/**
 * Every family through its whole life: a folder that transformers saved is imported, computes the same, trains whole and by
 * an adapter, and what is exported computes the same in transformers, peft, transformers.js and llama.cpp.
 */
import { join } from 'node:path';
import { MODEL_TYPES } from '@preheat/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Computed, continuations, expectSame, expectSameTokens, promptsOf } from './computed.js';
import { llamaCpp, transformersJs } from './node-peers.js';
import { peerTest, runPeer } from './peer-python.js';
import { Platform } from './platform.js';

/** Those that GGUF takes. */
const GGUF = ['llama', 'mistral', 'qwen2', 'qwen3'];

let platform: Platform;
let making: Promise<Record<string, Computed[]>> | undefined;
beforeAll(async () => {
  platform = await Platform.open();
});
afterAll(() => platform.close());

const path = (name: string): string => join(platform.folder, name);

/** What transformers computes with the folder of a family. All are made by one process. */
async function madeOf(name: string): Promise<Computed[]> {
  const computed = (await (making ??= runPeer('model_folders.py', ['families', platform.folder])))[name];
  if (!computed) throw new Error(`model_folders.py made no ${name}`);
  return computed;
}

/** Its models here, by what was done to them. */
const TRAINED = { 'trained whole': {}, 'trained by an adapter': { lora_rank: 4 } };
const tunedNames = new Map<string, string>();

describe.each(MODEL_TYPES)('%s', (name) => {
  peerTest(`${name}: imported, it computes the same`, async (context) => {
    const made = await madeOf(name);
    await platform.preheat('models', 'import', name);
    const compared = { check: 'imported folder', peers: ['transformers'] as const, configuration: name };
    expectSame(context, compared, await platform.computed(name, promptsOf(made)), made);
  });

  peerTest(`${name}: exported for transformers.js, it writes the same`, async (context) => {
    const made = await madeOf(name);
    await platform.preheat('models', 'export', name, '--format', 'transformers-js', '--out', `${name}-tjs`);
    const written = await transformersJs(platform.folder, `${name}-tjs`, promptsOf(made));
    const compared = { check: 'greedy text', peers: ['@huggingface/transformers'] as const, configuration: name };
    expectSameTokens(context, compared, written, continuations(made));
  });

  peerTest(`${name}: it trains whole and by an adapter`, async () => {
    const made = await madeOf(name);
    await platform.preheat('models', 'export', name, '--out', `${name}-base`);
    for (const [how, hyperparameters] of Object.entries(TRAINED)) {
      const tuned = await platform.fineTune(name, { max_steps: 2, n_epochs: 2, ...hyperparameters });
      const format = 'lora_rank' in hyperparameters ? 'peft' : 'hf';
      await platform.preheat('models', 'export', tuned, '--format', format, '--out', `${name}-${format}`);
      const moved = await platform.computed(tuned, promptsOf(made));
      expect(moved.map(({ logProbs }) => logProbs[0])).not.toEqual(made.map(({ logProbs }) => logProbs[0]));
      tunedNames.set(`${name} ${how}`, tuned);
    }
  });
});

peerTest('what was trained, exported, computes the same in transformers and in peft', async (context) => {
  const bases = MODEL_TYPES.map((name) => path(`${name}-base`));
  const whole = await runPeer<Computed[][]>('model_folders.py', [
    'hf',
    ...bases,
    ...MODEL_TYPES.map((name) => path(`${name}-hf`)),
  ]);
  const pairs = MODEL_TYPES.flatMap((name, i) => [path(`${name}-peft`), bases[i] ?? '']);
  const adapted = await runPeer<Computed[][]>('model_folders.py', ['peft', ...pairs]);
  for (const [index, name] of MODEL_TYPES.entries()) {
    const made = await madeOf(name);
    const here = (how: keyof typeof TRAINED) =>
      platform.computed(tunedNames.get(`${name} ${how}`) ?? '', promptsOf(made));
    const compared = { check: 'exported folder', peers: ['transformers'] as const, configuration: name };
    expectSame(context, compared, whole[index] ?? [], made);
    const trained = { ...compared, configuration: `${name}, trained here` };
    expectSame(context, trained, whole[MODEL_TYPES.length + index] ?? [], await here('trained whole'));
    const adapter = { check: 'exported adapter', peers: ['peft'] as const, configuration: `${name}, trained here` };
    expectSame(context, adapter, adapted[index] ?? [], await here('trained by an adapter'));
  }
});

const llamaTitle = 'folders of transformers, exported as GGUF, are tokenised and computed alike by llama.cpp';
if (process.env['PREHEAT_PEER_LLAMA'] === undefined) {
  it.skip(`${llamaTitle} (needs PREHEAT_PEER_LLAMA: a folder with node-llama-cpp installed)`);
} else {
  peerTest(llamaTitle, async (context) => {
    for (const name of GGUF) {
      const made = await madeOf(name);
      await platform.preheat('models', 'export', name, '--format', 'gguf', '--out', `${name}-gguf`);
      const written = await llamaCpp(join(path(`${name}-gguf`), 'model.gguf'), promptsOf(made));
      const compared = { check: 'greedy text', peers: ['node-llama-cpp'] as const, configuration: name };
      expectSameTokens(
        context,
        compared,
        written,
        made.map(({ tokens }) => tokens),
      );
    }
  });
}
