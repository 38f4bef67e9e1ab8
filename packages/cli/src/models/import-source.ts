/** What `preheat models import` was pointed at: a folder here, or a repository of a hub. */
import { homedir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { statSync } from 'node:fs';
import { formatDuration } from '../duration.js';
import { type Io, UsageError } from '../io.js';
import { ProgressLine } from '../progress/progress-line.js';
import { formatBytes } from './format-bytes.js';
import { hubSnapshot } from './hub-snapshot.js';
import { type LocalFile, localModelFiles } from './local-folder.js';

export interface SourceFlags {
  readonly revision?: string;
  readonly endpoint?: string;
  readonly cacheDir?: string;
}

export interface ImportSource {
  readonly files: readonly LocalFile[];
  /** A name to import under, when none is given. */
  readonly defaultName: string;
  /** For the report: the folder, or repository and commit. */
  readonly origin: string;
}

const HUB_ID = /^[A-Za-z0-9][A-Za-z0-9_.-]*\/[A-Za-z0-9][A-Za-z0-9_.-]*$/;
const PUBLIC_HUB = 'https://huggingface.co';

/** @throws UsageError when it is neither, CommandFailed when the hub refuses. */
export async function openSource(source: string, flags: SourceFlags, io: Io): Promise<ImportSource> {
  const folder = resolve(io.cwd, source);
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    if (flags.revision !== undefined)
      throw new UsageError(`--revision is for hub repositories; ${source} is a folder here`);
    const name = basename(folder).replaceAll(/[^A-Za-z0-9_.-]+/g, '-');
    return { files: await localModelFiles(folder), defaultName: name, origin: folder };
  }
  if (!HUB_ID.test(source)) {
    throw new UsageError(`${source} is neither a folder here nor the id of a hub repository (owner/name)`);
  }
  return fromHub(source, flags, io);
}

async function fromHub(repo: string, flags: SourceFlags, io: Io): Promise<ImportSource> {
  const line = new ProgressLine(io.stderr, io.nowMs);
  const endpoint = flags.endpoint ?? io.env['HF_ENDPOINT'] ?? PUBLIC_HUB;
  if (!/^https?:\/\//.test(endpoint)) throw new UsageError(`the endpoint ${endpoint} is no http(s) address`);
  try {
    const { commit, files } = await hubSnapshot({
      repo,
      revision: flags.revision ?? 'main',
      endpoint,
      token: io.env['HF_TOKEN'],
      cacheDir: flags.cacheDir === undefined ? hubCache(io.env) : resolve(io.cwd, flags.cacheDir),
      signal: io.signal,
      sleep: io.sleep,
      onBusy: (waitMs) =>
        line.update(`the hub has had too many requests; waiting ${formatDuration(waitMs)} for it`, true),
      onProgress: (bytes, total, name) =>
        line.update(`downloading ${formatBytes(bytes)} of ${formatBytes(total)}: ${name}`),
    });
    return { files, defaultName: repo, origin: `${repo} at ${commit.slice(0, 12)}` };
  } finally {
    line.end();
  }
}

/** Where huggingface_hub keeps its downloads. */
function hubCache(env: Io['env']): string {
  const home = env['HF_HOME'] ?? join(env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'huggingface');
  return env['HF_HUB_CACHE'] ?? join(home, 'hub');
}
