/** A decoding engine of a random model in this thread, which writes down how rows were batched. */
import type { DecoderConfig } from '@preheat/contracts';
import { DecodeEngine } from '../decode-engine.js';
import { DecoderGraphs } from '../decoder-graphs.js';
import { CountingRunner } from './counting-runner.js';
import { randomTensors } from './tiny-model.js';

export interface CountedEngine {
  readonly runner: CountingRunner;
  readonly graphs: DecoderGraphs;
  readonly engine: DecodeEngine;
}

export function countedEngine(config: DecoderConfig): CountedEngine {
  const runner = new CountingRunner();
  const graphs = new DecoderGraphs(config, randomTensors(config, 1), 0, [runner]);
  return { runner, graphs, engine: new DecodeEngine(graphs) };
}
