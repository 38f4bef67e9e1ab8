/** A runner that really runs and writes down what it was asked for, to see how rows were batched. */
import type { GraphRunner, RunOptions, RunResult, WeightBlock, WireTensor, WireTensors } from '../graph-runner.js';
import { LocalRunner } from '../local-runner.js';

export interface RecordedCall {
  readonly graph: string;
  readonly rows: number;
  /** Tokens to decode; 0 for a call that decodes none. */
  readonly tokens: number;
}

export class CountingRunner implements GraphRunner {
  readonly #runner = new LocalRunner(1);
  readonly calls: RecordedCall[] = [];
  /** Names of the graphs that were loaded, one entry a session made. */
  readonly loads: string[] = [];
  weightUpdates = 0;
  readonly isUsable = true;

  get decodingCalls(): RecordedCall[] {
    return this.calls.filter(({ tokens }) => tokens > 0);
  }

  load(name: string, model: Uint8Array): Promise<void> {
    this.loads.push(name);
    return this.#runner.load(name, model);
  }

  setWeights(block: WeightBlock, version: number): Promise<void> {
    this.weightUpdates += 1;
    return this.#runner.setWeights(block, version);
  }

  setAdapter(adapter: string, block: WeightBlock | null): Promise<void> {
    return this.#runner.setAdapter(adapter, block);
  }

  run(name: string, feeds: WireTensors, fetches: readonly string[], options?: RunOptions): Promise<RunResult> {
    const first = (feeds['last_tokens'] ?? feeds['input_ids']) as WireTensor;
    this.calls.push({ graph: name, rows: first.dims[0] as number, tokens: feeds['uniforms']?.dims[0] ?? 0 });
    return this.#runner.run(name, feeds, fetches, options);
  }

  close(): Promise<void> {
    return this.#runner.close();
  }
}
