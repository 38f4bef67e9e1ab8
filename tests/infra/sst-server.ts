/**
 * The part of the SST command that components call over HTTP while a program runs: where assets go, and where the
 * bundle of a function is. Answers with placeholders, so that a synthesis needs neither AWS nor a build.
 */
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { MOCK_ACCOUNT, MOCK_REGION } from './mock-cloud.js';

export interface BuildRequest {
  functionID: string;
  handler: string;
  bundle?: string;
}

export interface SstServer {
  url: string;
  /** What was asked to be built, in order: handler and bundle folder of each function. */
  builds: BuildRequest[];
  close(): void;
}

export async function startSstServer(workFolder: string): Promise<SstServer> {
  const builds: BuildRequest[] = [];
  const bundle = placeholderBundle(workFolder);
  const server = createServer((request, response) => {
    void readJson(request).then(({ method, params }) => {
      response.end(JSON.stringify(answer(method, params[0])));
    });
  });
  const answer = (method: string, argument: unknown) => {
    if (method === 'Provider.Aws.Bootstrap') return { result: bootstrap };
    if (method !== 'Runtime.Build') return { error: `rpc: can't find ${method}` };
    const request = argument as BuildRequest;
    builds.push(request);
    return { result: { handler: request.handler, out: bundle, errors: [], sourcemaps: [] } };
  };
  // A client that was held up for longer meets a connection that is closed under its request.
  server.keepAliveTimeout = 0;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The SST server has no TCP address.');
  return { url: `http://127.0.0.1:${address.port}`, builds, close: () => void server.close().closeAllConnections() };
}

const registry = `${MOCK_ACCOUNT}.dkr.ecr.${MOCK_REGION}.amazonaws.com/sst-asset`;
const bootstrap = {
  asset: 'sst-asset-test',
  state: 'sst-state-test',
  assetEcrRegistryId: MOCK_ACCOUNT,
  assetEcrUrl: registry,
};

function placeholderBundle(workFolder: string): string {
  const folder = join(workFolder, 'test-bundle');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'index.mjs'), 'export const handler = () => undefined;\n');
  return folder;
}

async function readJson(request: IncomingMessage): Promise<{ method: string; params: unknown[] }> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString()) as { method: string; params: unknown[] };
}
