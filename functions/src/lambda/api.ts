/** Lambda entry of the HTTP API. `handler` streams, for function URLs; `buffered` is for whatever cannot stream. */
import { type Environment, FUNCTION_DECODERS, openApiContext, openApiParts } from '../api-parts.js';
import { ApiByArea } from './api-by-area.js';
import { bufferedHandler, streamingHandler } from './function-url.js';
import { tellStart, tellUncompiled } from './tell-start.js';

/** What AWS names a process that a call waits for; others are kept started, or restored from a snapshot. */
const FOR_A_CALL = 'on-demand';

/** @param compiledCode Says what became of the compiled code that was shipped, to be logged. */
export async function open(environment: Environment, compiledCode?: () => string) {
  const parts = await openApiParts(environment, 'api', FUNCTION_DECODERS);
  const api = new ApiByArea(await openApiContext(environment, parts), (areas) =>
    tellUncompiled(parts.log, areas, compiledCode),
  );
  if ((environment['AWS_LAMBDA_INITIALIZATION_TYPE'] ?? FOR_A_CALL) !== FOR_A_CALL) await api.whole();
  tellStart(parts.log, compiledCode);
  return { handler: streamingHandler(api), buffered: bufferedHandler(api) };
}
