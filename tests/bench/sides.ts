/** How the sides of a match are run: our workloads, the peers beside this file, and the scripts of a peers folder. */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { OURS, type Side } from './match.js';
import { WORKLOAD_BUNDLES } from './bundle-workloads.js';
import { type Peers, REPOSITORY } from './peers.js';

const CORES = availableParallelism();
const BENCH = join(REPOSITORY, 'tests', 'bench');

export interface BenchSettings {
  readonly peers: Peers;
  /** Fewer steps a run: to see that everything works, not to quote. */
  readonly isQuick: boolean;
}

/** Makes the sides of a match: ours from this repository, peers from theirs. */
export class Sides {
  readonly #peers: Peers;
  readonly isQuick: boolean;

  constructor({ peers, isQuick }: BenchSettings) {
    this.#peers = peers;
    this.isQuick = isQuick;
  }

  model(name: string): string {
    return join(this.#peers.models, name);
  }

  /** One of our workloads on the built packages. */
  ours(file: string, args: readonly string[], id = OURS, missing?: string): Side {
    const loader = file.endsWith('.ts') ? ['--import', 'tsx'] : [];
    const command = ['node', ...loader, join(BENCH, 'workloads', file), ...args];
    return { id, command, ...(missing === undefined ? {} : { missing }) };
  }

  /** One of our workloads in a bundle like the runner's, which `bundleWorkloads` makes. */
  bundled(name: string, args: readonly string[]): Side {
    return { id: OURS, command: ['node', join(WORKLOAD_BUNDLES, `${name}.js`), ...args] };
  }

  /** A peer script of the folder that PREHEAT_BENCH_PEERS names. */
  script(id: string, file: string, args: readonly string[]): Side {
    return this.#python(id, [join(this.#peers.scripts ?? '$PREHEAT_BENCH_PEERS', file), ...args]);
  }

  /** A peer of ours in Python, beside this file. */
  own(id: string, file: string, args: readonly string[]): Side {
    return this.#python(id, [join(BENCH, 'peers', file), ...args]);
  }

  /** The same over one single-threaded process a core. */
  spread(side: Side, scale = 1): Side {
    const launcher = ['-m', 'torch.distributed.run', '--standalone', `--nproc-per-node=${CORES}`];
    const [python = '', ...rest] = side.command;
    return { ...side, command: [python, ...launcher, ...rest], env: { OMP_NUM_THREADS: '1' }, scale };
  }

  #python(id: string, args: readonly string[]): Side {
    const { python, missing } = this.#peers;
    const command = [python ?? '$PREHEAT_PEER_PYTHON', ...args];
    return { id, command, ...(missing === undefined ? {} : { missing }) };
  }
}
