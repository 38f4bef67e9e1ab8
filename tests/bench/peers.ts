/**
 * Where the peers are. Their scripts are not part of this repository: PREHEAT_BENCH_PEERS names their folder (default: the
 * sibling `shared/bench` of the repository), PREHEAT_PEER_PYTHON a Python with torch, transformers and trl. What is absent
 * is reported as not run, never replaced.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const REPOSITORY = fileURLToPath(new URL('../../', import.meta.url));
const SIBLING = join(REPOSITORY, '..', 'shared', 'bench');

export interface Peers {
  readonly python: string | null;
  /** Folder of the peer scripts. */
  readonly scripts: string | null;
  /** Folder of the random-weight models that their `make_models.py` writes. */
  readonly models: string;
  /** Why a peer cannot run; undefined when all is there. */
  readonly missing: string | undefined;
}

export function findPeers(env: NodeJS.ProcessEnv): Peers {
  const python = env['PREHEAT_PEER_PYTHON'] ?? null;
  const folder = env['PREHEAT_BENCH_PEERS'] ?? SIBLING;
  const scripts = existsSync(join(folder, 'peer_sft.py')) ? folder : null;
  const models = env['PREHEAT_BENCH_MODELS'] ?? join(REPOSITORY, '.cache', 'bench-models');
  return { python, scripts, models, missing: whatIsMissing(python, scripts) };
}

function whatIsMissing(python: string | null, scripts: string | null): string | undefined {
  if (python === null) return 'PREHEAT_PEER_PYTHON is not set';
  if (scripts === null) return 'PREHEAT_BENCH_PEERS names no folder with peer_sft.py';
  return undefined;
}

/** Makes the models if they are not there. @throws Error when they can neither be found nor made. */
export function ensureModels({ python, scripts, models }: Peers): void {
  if (existsSync(join(models, 't1', 'model.safetensors'))) return;
  if (python === null || scripts === null) {
    throw new Error(`no models in ${models}: set PREHEAT_BENCH_MODELS, or the peers, whose make_models.py writes them`);
  }
  const made = spawnSync(python, [join(scripts, 'make_models.py'), '--out', models], { stdio: 'inherit' });
  if (made.status !== 0) throw new Error(`make_models.py ended with ${made.status}`);
}
