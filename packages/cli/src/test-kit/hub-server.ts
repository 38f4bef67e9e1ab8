/** For tests: a small server that speaks what is needed of the hub's API, and can be told to misbehave. */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface HubFile {
  readonly content: Buffer;
  /** In large storage, where its hash is SHA-256. */
  readonly isLarge?: boolean;
}

export interface Misbehaviour {
  /** Ends the connection after this many bytes of the file, once. */
  cutAfterBytes?: number;
  /** Answers that this is one request too many, this many times. */
  tooManyTimes?: number;
  /** Headers of those answers. */
  tooManyHeaders?: Readonly<Record<string, string>>;
  /** Tells this for the file's hash. */
  hash?: string;
  /** Answers with other bytes, this many times. */
  corruptTimes?: number;
}

export interface HubServer {
  readonly endpoint: string;
  /** `range` of every request for a file's content. */
  readonly downloads: { readonly path: string; readonly range: string | undefined }[];
  stop(): Promise<void>;
}

export const COMMIT = '0123456789abcdef0123456789abcdef01234567';
const REPO = 'acme/tiny';

export async function startHub(
  files: Readonly<Record<string, HubFile>>,
  misbehaviour: Record<string, Misbehaviour> = {},
  token?: string,
): Promise<HubServer> {
  const downloads: HubServer['downloads'] = [];
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    const { pathname } = new URL(request.url ?? '/', 'http://hub');
    if (token !== undefined && request.headers.authorization !== `Bearer ${token}`)
      return refuse(response, 401, 'Invalid username or password.');
    if (/^\/api\/models\/acme\/tiny\/revision\/(main|v1)$/.test(pathname)) {
      return json(response, { _id: 'x', id: REPO, modelId: REPO, sha: COMMIT, lastModified: '2026-01-01T00:00:00Z' });
    }
    if (pathname === `/api/models/${REPO}/tree/${COMMIT}`)
      return json(
        response,
        Object.entries(files).map((file) => ({ ...entry(file), ...told(misbehaviour[file[0]]) })),
      );
    const [, path = ''] = new RegExp(`^/${REPO}/resolve/${COMMIT}/(.+)$`).exec(pathname) ?? [];
    const file = files[path];
    if (!file) return refuse(response, 404, 'Repository not found');
    downloads.push({ path, range: request.headers.range });
    const wrong = (misbehaviour[path] ??= {});
    if ((wrong.tooManyTimes ?? 0) === 0) return sendFile(response, file, request.headers.range, wrong);
    wrong.tooManyTimes = (wrong.tooManyTimes ?? 0) - 1;
    refuse(response, 429, 'Too many requests', wrong.tooManyHeaders);
  };
  const server = createServer(handle);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    downloads,
    stop: () => new Promise((resolve) => void server.close(() => resolve())),
  };
}

function entry([path, { content, isLarge }]: [string, HubFile]) {
  const oid = createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex');
  const sha256 = createHash('sha256').update(content).digest('hex');
  const lfs = isLarge ? { lfs: { oid: sha256, size: content.length, pointerSize: 130 } } : {};
  return { type: 'file', path, size: content.length, oid, ...lfs };
}

/** In place of what is true. */
const told = (wrong: Misbehaviour | undefined): object =>
  wrong?.hash === undefined ? {} : { oid: wrong.hash, lfs: undefined };

function sendFile(
  response: ServerResponse,
  { content }: HubFile,
  range: string | undefined,
  wrong: Misbehaviour,
): void {
  const [, from = '0', to = ''] = /^bytes=(\d+)-(\d*)$/.exec(range ?? '') ?? [];
  const [start, end] = [Number(from), to === '' ? content.length : Number(to) + 1];
  const isProbe = range === 'bytes=0-0';
  let part = content.subarray(start, end);
  if (!isProbe && (wrong.corruptTimes ?? 0) > 0) {
    wrong.corruptTimes = (wrong.corruptTimes ?? 0) - 1;
    part = Buffer.from(part);
    part[part.length - 1] = (part.at(-1) ?? 0) ^ 1;
  }
  response.writeHead(range === undefined ? 200 : 206, {
    etag: '"x"',
    'content-length': String(part.length),
    ...(range === undefined ? {} : { 'content-range': `bytes ${start}-${start + part.length - 1}/${content.length}` }),
  });
  if (isProbe || wrong.cutAfterBytes === undefined) return void response.end(part);
  response.write(part.subarray(0, wrong.cutAfterBytes), () => response.destroy());
  delete wrong.cutAfterBytes;
}

const json = (response: ServerResponse, value: object): void => {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify(value));
};

const refuse = (
  response: ServerResponse,
  status: number,
  error: string,
  headers: Record<string, string> = {},
): void => {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify({ error }));
};
