/** Loopback ports: a free one, or a clear refusal when the one asked for is taken. */
import { type AddressInfo, createServer } from 'node:net';
import { UsageError } from '../io.js';

export const LOOPBACK = '127.0.0.1';

/** `port` itself when it is free, any free one for 0. Throws `UsageError` when it is taken. */
export function claimPort(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      const taken = error.code === 'EADDRINUSE' || error.code === 'EACCES';
      reject(taken ? new UsageError(`port ${port} cannot be used (${error.code}): pass another with --port`) : error);
    });
    server.listen(port, LOOPBACK, () => {
      const { port: claimed } = server.address() as AddressInfo;
      server.close(() => resolve(claimed));
    });
  });
}
