/** Stands before an S3 wire server: passes requests on, tells which parts of uploads came through, and refuses those it is told to. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

const BUSY = '<?xml version="1.0"?><Error><Code>InternalError</Code><Message>Try again.</Message></Error>';

export interface PartProxy {
  readonly endpoint: string;
  /** Numbers of the parts that were passed on, sorted. */
  partsSent(): string[];
  stop(): Promise<void>;
}

/** @param isRefused Asked for each part that comes; those refused are answered as S3 does when it is out of order. */
export async function partProxy(
  endpoint: string,
  isRefused: (partNumber: string) => boolean = () => false,
): Promise<PartProxy> {
  const sent: string[] = [];
  const serve = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    const url = new URL(incoming.url ?? '/', endpoint);
    const part = incoming.method === 'PUT' ? url.searchParams.get('partNumber') : null;
    if (part !== null && isRefused(part)) {
      incoming.resume().on('end', () => outgoing.writeHead(500, { 'content-type': 'application/xml' }).end(BUSY));
      return;
    }
    if (part !== null) sent.push(part);
    const onward = request(url, { method: incoming.method, headers: incoming.headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(outgoing);
    });
    // A connection that breaks is the client's to try again.
    onward.on('error', () => outgoing.destroy());
    incoming.pipe(onward);
  };
  const server = createServer(serve).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    partsSent: () => sent.sort(),
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
