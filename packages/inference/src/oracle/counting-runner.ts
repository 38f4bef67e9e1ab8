/** A runner that really runs and writes down what it was asked for, to see how rows were batched. */
import { pastName, promptName } from '@preheat/checkpoints';
import type { GraphRunner, RunOptions, RunResult, WeightBlock, WireTensor, WireTensors } from '../graph-runner.js';
import { LocalRunner } from '../local-runner.js';

export interface RecordedCall {
  readonly graph: string;
  readonly rows: number;
  /** Tokens to decode; 0 for a call that decodes none. */
  readonly tokens: number;
  /** Columns of the caches that it is given, of all rows together. */
  readonly columns: number;
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
    const columns = [pastName, promptName].reduce((sum, nameOf) => {
      const [rows = 0, , each = 0] = feeds[nameOf(0, 'key')]?.dims ?? [];
      return sum + rows * each;
    }, 0);
    const tokens = feeds['uniforms']?.dims[0] ?? 0;
    this.calls.push({ graph: name, rows: first.dims[0] as number, tokens, columns });
    return this.#runner.run(name, feeds, fetches, options);
  }

  close(): Promise<void> {
    return this.#runner.close();
  }
}
