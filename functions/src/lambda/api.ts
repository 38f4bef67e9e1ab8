/** Lambda entry of the HTTP API. `handler` streams, for function URLs; `buffered` is for whatever cannot stream. */
import { type Environment, FUNCTION_DECODER_WORKERS, openApi, openParts } from '../composition.js';
import { bufferedHandler, streamingHandler } from './function-url.js';
import { tellStart } from './tell-start.js';

/** @param compiledCode Says what became of the compiled code that was shipped, to be logged. */
export async function open(environment: Environment, compiledCode?: () => string) {
  const parts = await openParts(environment, 'api', FUNCTION_DECODER_WORKERS);
  const app = await openApi(environment, parts);
  await app.ready();
  tellStart(parts.log, compiledCode);
  return { handler: streamingHandler(app), buffered: bufferedHandler(app) };
}
