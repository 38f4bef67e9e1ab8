import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Answer, RecordingServer } from './recording-server.js';

interface Dispatcher {
  dispatch(options: object, handler: unknown): boolean;
}
const KEY = Symbol.for('undici.globalDispatcher.1');
const globals = globalThis as unknown as Record<symbol, Dispatcher>;

// Node's dispatcher, but for a limit that can be waited for instead of five minutes.
let server: RecordingServer;
let usual: Dispatcher;
beforeEach(async () => {
  server = await RecordingServer.start();
  void globalThis.Response;
  usual = globals[KEY]!;
  globals[KEY] = { dispatch: (options, handler) => usual.dispatch({ headersTimeout: 100, ...options }, handler) };
});
afterEach(async () => {
  globals[KEY] = usual;
  await server.stop();
});

it('waits for an answer as long as the client was told to, not as long as Node would', async () => {
  const slow: Answer = (_request, response) => void setTimeout(() => response.end('{"id":"m"}'), 1_500);
  server.script(slow);
  expect(await server.client({ maxRetries: 0 }).models.retrieve('m')).toEqual({ id: 'm' });
});
