/** Starts fauxqs inside this process: a second SQS server, which treats stale receipts as AWS documents it. */
import { startFauxqs as start } from 'fauxqs';
import type { WireServer } from './wire-server.js';

export async function startFauxqs(): Promise<WireServer> {
  const server = await start({ port: 0, host: '127.0.0.1', logger: false });
  return { endpoint: `http://127.0.0.1:${server.port}`, stop: () => server.stop() };
}
