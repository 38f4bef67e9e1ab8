/**
 * A model repository of the Hugging Face hub, downloaded into the cache that Python's huggingface_hub uses as well. A file
 * whose download was cut goes on where it stopped, and none is used before its hash is what the hub says it is.
 */
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { copyFile, mkdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { downloadFile, listFiles, type ListFileEntry, modelInfo } from '@huggingface/hub';
import { CommandFailed } from '../io.js';
import { type Access, attempt, type HubConnection } from './hub-attempts.js';
import type { LocalFile } from './local-folder.js';
import { selectModelFiles } from './model-files.js';

export interface HubRequest extends HubConnection {
  readonly revision: string;
  readonly cacheDir: string;
  readonly onProgress: (bytes: number, totalBytes: number, name: string) => void;
}

/** The model's files in the cache, and the commit they are of. @throws CommandFailed saying what the hub answered. */
export async function hubSnapshot(request: HubRequest): Promise<{ commit: string; files: LocalFile[] }> {
  const { sha } = await attempt(request, 'reading the repository', (access) =>
    modelInfo({ ...access, name: request.repo, revision: request.revision, additionalFields: ['sha'] }),
  );
  const commit = hash(sha, request, 'the commit');
  const list = (access: Access) => listed({ ...access, revision: commit });
  const entries = await attempt(request, 'listing its files', list);
  for (const entry of entries) hash(expectedHash(entry), request, entry.path);
  const byName = new Map(entries.map((entry) => [entry.path, entry]));
  const download = new HubDownload(request, commit);
  const index = async (): Promise<string> => {
    const entry = byName.get('model.safetensors.index.json');
    return entry ? readFile((await download.file(entry)).path, 'utf8') : '';
  };
  const wanted = (await selectModelFiles([...byName.keys()], index)).map((name) => byName.get(name) as ListFileEntry);
  download.expect(wanted);
  const files: LocalFile[] = [];
  for (const entry of wanted) files.push(await download.file(entry));
  return { commit, files };
}

/** A hash that names a file of the cache, and so must not lead out of it. @throws CommandFailed for what is none. */
function hash(value: string, { repo, endpoint }: HubRequest, of: string): string {
  if (/^[0-9a-f]{40,64}$/.test(value)) return value;
  throw new CommandFailed(`${repo} at ${endpoint}: ${JSON.stringify(value)}, which is told for ${of}, is no hash`);
}

async function listed(params: Access & { revision: string }): Promise<ListFileEntry[]> {
  const entries: ListFileEntry[] = [];
  for await (const entry of listFiles({ ...params, recursive: true })) if (entry.type === 'file') entries.push(entry);
  return entries;
}

class HubDownload {
  readonly #request: HubRequest;
  readonly #commit: string;
  readonly #root: string;
  #totalBytes = 0;
  #doneBytes = 0;

  constructor(request: HubRequest, commit: string) {
    this.#request = request;
    this.#commit = commit;
    this.#root = join(request.cacheDir, `models--${request.repo.replaceAll('/', '--')}`);
  }

  expect(entries: readonly ListFileEntry[]): void {
    this.#totalBytes = entries.reduce((sum, { size }) => sum + size, 0);
  }

  /** The file in the cache; downloaded when it is not there with the right hash. */
  async file(entry: ListFileEntry): Promise<LocalFile> {
    const blob = join(this.#root, 'blobs', expectedHash(entry));
    if ((await hashOf(blob, entry)) !== expectedHash(entry)) await this.#download(entry, blob);
    const path = join(this.#root, 'snapshots', this.#commit, entry.path);
    await link(blob, path);
    this.#doneBytes += entry.size;
    return { name: entry.path, path, bytes: entry.size };
  }

  /** Goes on with what an earlier attempt, or an earlier run, left; a wrong hash starts the file over, once. */
  async #download(entry: ListFileEntry, blob: string): Promise<void> {
    const incomplete = `${blob}.incomplete`;
    await mkdir(dirname(blob), { recursive: true });
    let actual = '';
    for (let round = 0; round < 2; round++) {
      await attempt(this.#request, `downloading ${entry.path}`, (access) => this.#append(access, entry, incomplete));
      actual = (await hashOf(incomplete, entry)) ?? '';
      if (actual === expectedHash(entry)) return rename(incomplete, blob);
      await rm(incomplete);
    }
    const { repo, endpoint } = this.#request;
    throw new CommandFailed(
      `${repo}: ${entry.path} arrived twice with the hash ${actual}, the hub says ${expectedHash(entry)}; ` +
        `something between here and ${endpoint} changes it`,
    );
  }

  async #append(access: Access, entry: ListFileEntry, incomplete: string): Promise<void> {
    const start = Math.min((await sizeOf(incomplete)) ?? 0, entry.size);
    if (start === entry.size && start > 0) return;
    const content = await downloadFile({ ...access, path: entry.path, revision: this.#commit });
    if (!content) throw new CommandFailed(`${this.#request.repo}: ${entry.path} is listed and not there`);
    const rest = Readable.fromWeb(content.slice(start, entry.size).stream() as ReadableStream);
    let done = start;
    rest.on('data', (chunk: Uint8Array) => {
      done += chunk.byteLength;
      this.#request.onProgress(this.#doneBytes + done, this.#totalBytes, entry.path);
    });
    await pipeline(rest, createWriteStream(incomplete, { flags: 'a' }), { signal: this.#request.signal });
    if (done < entry.size) throw new Error(`the connection ended after ${done} of ${entry.size} bytes`);
  }
}

/** SHA-256 for files in large storage, git's object id for the others. */
const expectedHash = ({ lfs, oid }: ListFileEntry): string => lfs?.oid ?? oid ?? '';

/** The hash of a file as the hub would state it; undefined when there is no such file. */
async function hashOf(path: string, { lfs }: ListFileEntry): Promise<string | undefined> {
  const bytes = await sizeOf(path);
  if (bytes === undefined) return undefined;
  const hash = lfs ? createHash('sha256') : createHash('sha1').update(`blob ${bytes}\0`);
  for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array);
  return hash.digest('hex');
}

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** As huggingface_hub lays out its cache: a snapshot points to blobs. Where links are not allowed, a copy. */
async function link(blob: string, path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await rm(path, { force: true });
  try {
    await symlink(relative(dirname(path), blob), path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') throw error;
    await copyFile(blob, path);
  }
}
