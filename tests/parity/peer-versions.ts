/** The peers by the names of their distributions, and which versions of them are here. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createRequire } from 'node:module';

const PIP = ['peft', 'tokenizers', 'torch', 'transformers', 'trl'] as const;
const NPM = ['@huggingface/transformers', 'node-llama-cpp'] as const;

export type Peer = (typeof PIP)[number] | (typeof NPM)[number];

/** By peer; those that are absent have no entry. */
export type PeerVersions = Readonly<Partial<Record<Peer, string>>>;

export function findPeerVersions(env: NodeJS.ProcessEnv): PeerVersions {
  const here = createRequire(import.meta.url);
  const llama = env['PREHEAT_PEER_LLAMA'];
  return {
    ...pipVersions(env['PREHEAT_PEER_PYTHON']),
    '@huggingface/transformers': npmVersion(here, '@huggingface/transformers'),
    ...(llama === undefined
      ? {}
      : { 'node-llama-cpp': npmVersion(createRequire(join(llama, 'package.json')), 'node-llama-cpp') }),
  };
}

function pipVersions(python: string | undefined): Record<string, string> {
  if (python === undefined) return {};
  const script = `import importlib.metadata as m, json
def version(name):
    try: return m.version(name)
    except m.PackageNotFoundError: return None
print(json.dumps({name: version(name) for name in ${JSON.stringify(PIP)} if version(name)}))`;
  return JSON.parse(execFileSync(python, ['-c', script], { encoding: 'utf8' })) as Record<string, string>;
}

/** From the package.json above its entry: not every package exports that file. */
function npmVersion({ resolve }: NodeJS.Require, name: Peer): string {
  let folder = dirname(resolve(name));
  while (!existsSync(join(folder, 'package.json')) || namedIn(folder) !== name) folder = dirname(folder);
  return readPackage(folder).version;
}

const readPackage = (folder: string) =>
  JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { name?: string; version: string };
const namedIn = (folder: string): string | undefined => readPackage(folder).name;
