/**
 * An adapter as inputs of serving graphs, beside the weights of its base: graphs are made for any adapter of a model, and
 * what an adapter costs in memory is its own matrices. Projections that a graph computes as one have one pair of matrices,
 * those of their modules as blocks of a diagonal; a projection that the adapter leaves alone has a row of zeros.
 */
import { type DecoderConfig, invariant, type LinearModule } from '@preheat/contracts';
import type { OnnxGraph, Value } from '@preheat/graph/onnx';
import { elements, type LowRank, visitWeights, type WeightSource } from './decoder-onnx/decoder-weights.js';
import { loraModules } from './peft/adapter-files.js';
import { type LoraAdapter, LoraAdapterError, loraScale } from './peft/lora-adapter.js';
import { type ServedWeight, weightInputs } from './served-weights.js';

/** Inputs of graphs, all of them views of one flat array. */
export interface ServedBlock {
  readonly flat: Float32Array;
  readonly weights: readonly ServedWeight[];
}

type LoraModule = ReturnType<typeof loraModules>[number];

/** Declares the weights of the base, and of every projection the two matrices of an adapter, of whatever rank. */
export function adaptedInputs(graph: OnnxGraph): WeightSource {
  const update = (modules: readonly LinearModule[]): LowRank => {
    const { a, b } = namesOf(modules);
    const rank = `${a}.rank`;
    return {
      a: graph.input(a, 'float32', [rank, inputsOf(modules)]),
      b: graph.input(b, 'float32', [outputsOf(modules), rank]),
    };
  };
  return { ...weightInputs(graph), update };
}

/** @throws LoraAdapterError naming a module or tensor that cannot be served beside the base's weights. */
export function servedAdapter(config: DecoderConfig, adapter: LoraAdapter): ServedBlock {
  const left = new Map(loraModules(adapter).map((each) => [each.module, each]));
  const whole = [...adapter.tensors.keys()].find((name) => !/\.lora_[AB]\.weight$/.test(name));
  if (whole) throw new LoraAdapterError(`the adapter replaces ${whole} whole: merge it into a model of its own`);
  const pairs = projections(config).map((modules) => {
    const present = modules.map(({ name }) => left.get(name));
    for (const { name } of modules) left.delete(name);
    return {
      modules,
      present,
      rank: Math.max(
        1,
        present.reduce((sum, each) => sum + (each?.rank ?? 0), 0),
      ),
    };
  });
  const [stray] = left.keys();
  if (stray) throw new LoraAdapterError(`the base has no projection ${stray}, which the adapter changes`);
  let start = 0;
  const weights = pairs.flatMap(({ modules, rank }) => {
    const { a, b } = namesOf(modules);
    const shapes = [
      { name: a, shape: [rank, inputsOf(modules)] },
      { name: b, shape: [outputsOf(modules), rank] },
    ];
    return shapes.map((each) => {
      const weight = { ...each, start };
      start += elements(each);
      return weight;
    });
  });
  const flat = new Float32Array(start);
  pairs.forEach(({ modules, present, rank }, index) => {
    const [a, b] = [weights[2 * index], weights[2 * index + 1]];
    invariant(a && b, 'every projection has two matrices');
    writePair(adapter, modules, present, { a: flat.subarray(a.start), b: flat.subarray(b.start), rank });
  });
  return { flat, weights };
}

/** Blocks of a diagonal: module m reads its rows of A and writes its rows of B. */
function writePair(
  { config }: LoraAdapter,
  modules: readonly LinearModule[],
  present: readonly (LoraModule | undefined)[],
  to: { readonly a: Float32Array; readonly b: Float32Array; readonly rank: number },
): void {
  let [firstRank, firstOutput] = [0, 0];
  modules.forEach(({ name, inputs, outputs }, index) => {
    const lora = present[index];
    if (lora) {
      const [shapeA, shapeB] = [`${lora.a.shape}`, `${lora.b.shape}`];
      if (shapeA !== `${[lora.rank, inputs]}` || shapeB !== `${[outputs, lora.rank]}`) {
        const expected = `[${lora.rank},${inputs}] and [${outputs},${lora.rank}]`;
        throw new LoraAdapterError(`${name}: the base needs ${expected}, the adapter has [${shapeA}] and [${shapeB}]`);
      }
      const scale = loraScale(config, name, lora.rank);
      to.a.set(lora.a.data, firstRank * inputs);
      for (let output = 0; output < outputs; output++) {
        for (let k = 0; k < lora.rank; k++) {
          to.b[(firstOutput + output) * to.rank + firstRank + k] =
            scale * (lora.b.data[output * lora.rank + k] as number);
        }
      }
      firstRank += lora.rank;
    }
    firstOutput += outputs;
  });
}

/** The modules of every projection, as the graphs compute them. */
function projections(config: DecoderConfig): (readonly LinearModule[])[] {
  const found: (readonly LinearModule[])[] = [];
  const update = (modules: readonly LinearModule[]): null => {
    found.push(modules);
    return null;
  };
  visitWeights(config, { weight: ({ name }): Value => name, update });
  return found;
}

function namesOf(modules: readonly LinearModule[]): { a: string; b: string } {
  const name = modules[0]?.name;
  return { a: `${name}.lora_a`, b: `${name}.lora_b` };
}

const inputsOf = (modules: readonly LinearModule[]): number => modules[0]?.inputs ?? 0;
const outputsOf = (modules: readonly LinearModule[]): number => modules.reduce((sum, { outputs }) => sum + outputs, 0);
