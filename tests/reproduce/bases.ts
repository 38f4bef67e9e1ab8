/**
 * The base checkpoints that experiments start from: small decoders with some latent ability in every task, trained by one
 * job each and committed with what they can do. `npm run reproduce -- --bases` makes them anew.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freshDecoder } from '@preheat/checkpoints';
import { check, type DecoderConfig } from '@preheat/contracts';
import { baseConfig, modelBlobs } from '@preheat/inference/stored-models';
import type { Preheat } from '@preheat/sdk';
import { TASK_WORDS } from '@preheat/tasks/procedural';
import { characterTokenizer, loadTokenizer, PRINTABLE_ASCII, type TokenizerFiles } from '@preheat/tokenizer';
import Type, { type Static } from 'typebox';
import { contentKey } from './artifacts.js';
import { BASES_FOLDER, type BaseFigures, FIGURES_FILE } from './base-figures.js';
import { Suite, TrainStep } from './experiment.js';
import type { Lab, LabModel } from './lab.js';
import { importModel, modelFiles } from './platform.js';
import { type ArmScores, scoresOf } from './scores.js';

/** Weights beside their description; the tokenizer is stored with them, so that its words may grow. */
const FILES = ['config.json', 'generation_config.json', 'tokenizer.json', 'tokenizer_config.json', 'model.safetensors'];
const CONTEXT = 192;
const HEADS = 4;

const Base = Type.Object(
  {
    seed: Type.Integer({ minimum: 0 }),
    layers: Type.Integer({ minimum: 1, maximum: 16 }),
    width: Type.Integer({ minimum: 16, maximum: 1024 }),
    step: TrainStep,
    suites: Type.Record(Type.String(), Suite),
  },
  { additionalProperties: false },
);
type Base = Static<typeof Base>;

export function readBases(): Record<string, Base> {
  const document: unknown = JSON.parse(readFileSync(new URL('./bases.json', import.meta.url), 'utf8'));
  const checked = check(Type.Record(Type.String(), Base), document);
  if (!checked.ok) throw new Error(`bases.json: ${checked.problems[0]?.path} ${checked.problems[0]?.message}`);
  return checked.value;
}

/** Imports the committed checkpoint. @throws Error when it was never made. */
export async function importBase(client: Preheat, name: string): Promise<LabModel> {
  const folder = join(BASES_FOLDER, name);
  if (!existsSync(folder)) throw new Error(`${name} was never made: npm run reproduce -- --bases ${name}`);
  const files = modelFiles(folder, FILES);
  return importModel(client, name, files, originOf(files));
}

/** The shape of a base with the fresh weights that it was trained from. */
export function importFresh(
  client: Preheat,
  name: string,
  base: Base | undefined = readBases()[name],
): Promise<LabModel> {
  if (!base) throw new Error(`bases.json has no ${name}`);
  const files = [...freshBlobs(base)].map(([path, bytes]) => ({ name: path, bytes: Uint8Array.from(bytes) }));
  return importModel(client, `fresh-${name}`, files, originOf(files));
}

/** Trains a base from fresh weights, measures it, and writes its folder. */
export async function makeBase(client: Preheat, lab: Lab, name: string, base: Base): Promise<BaseFigures> {
  const fresh = await importFresh(client, name, base);
  const { model, trainedTokens } = await lab.train(fresh, base.step, base.seed);
  const exported = await client.models.export({ model: model.name, format: 'hf', dtype: 'float16' });
  const folder = join(BASES_FOLDER, name);
  mkdirSync(folder, { recursive: true });
  for (const { path } of exported.files.filter((file) => FILES.includes(file.path))) {
    const response = await client.models.exportFile(exported.id, path);
    writeFileSync(join(folder, path), new Uint8Array(await response.arrayBuffer()));
  }
  // Measured as it will be used: after rounding to float16.
  const committed = await importBase(client, name);
  const figures: Record<string, ArmScores> = {};
  for (const [suiteName, suite] of Object.entries(base.suites)) {
    figures[suiteName] = scoresOf(await lab.answer(committed, suite), suite.samples);
  }
  const command = `npm run reproduce -- --bases ${name}`;
  const record: BaseFigures = { name, command, seed: base.seed, trainedTokens, suites: figures };
  writeFileSync(join(folder, FIGURES_FILE), `${JSON.stringify(record, null, 2)}\n`);
  return record;
}

/** The shape of a base, and of the fresh weights it was trained from. */
export function baseDecoder(name: string): DecoderConfig {
  const base = readBases()[name];
  if (!base) throw new Error(`bases.json has no ${name}`);
  return decoderOf(base, taskTokenizer());
}

function freshBlobs(base: Base): Map<string, Uint8Array> {
  const files = taskTokenizer();
  const config = decoderOf(base, files);
  return modelBlobs(config, files, freshDecoder(config, base.seed));
}

function decoderOf({ seed, layers, width }: Base, files: TokenizerFiles): DecoderConfig {
  const shape = {
    model_type: 'llama',
    hidden_size: width,
    intermediate_size: Math.round((width * 8) / 3 / 32) * 32,
    num_hidden_layers: layers,
    num_attention_heads: HEADS,
    num_key_value_heads: HEADS / 2,
    head_dim: width / HEADS,
    max_position_embeddings: CONTEXT,
    rope_theta: 10_000,
    rms_norm_eps: 1e-5,
    tie_word_embeddings: true,
  } as const;
  return baseConfig({ name: 'fresh', seed, shape }, loadTokenizer(files));
}

/** One token a character, one a word of the tasks. */
export const taskTokenizer = (): TokenizerFiles => characterTokenizer(PRINTABLE_ASCII, TASK_WORDS);

function originOf(files: readonly { readonly name: string; readonly bytes: Uint8Array }[]): string {
  const hashes = files.map(({ name, bytes }) => [name, createHash('sha256').update(bytes).digest('hex')]);
  return contentKey('model', hashes);
}
