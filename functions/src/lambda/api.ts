/** Lambda entry of the HTTP API. `handler` streams, for function URLs; `buffered` is for whatever cannot stream. */
import { type Environment, FUNCTION_DECODER_WORKERS, openApi, openParts } from '../composition.js';
import { bufferedHandler, streamingHandler } from './function-url.js';
import { StagedApi } from './staged-api.js';
import { tellStart } from './tell-start.js';

/** @param compiledCode Says what became of the compiled code that was shipped, to be logged. */
export async function open(environment: Environment, compiledCode?: () => string) {
  const parts = await openParts(environment, 'api', FUNCTION_DECODER_WORKERS);
  const api = await StagedApi.open((kind) => openApi(environment, parts, '', kind));
  // Kept started, or restored from a snapshot: nobody waits yet.
  const isAhead = (environment.AWS_LAMBDA_INITIALIZATION_TYPE ?? 'on-demand') !== 'on-demand';
  if (isAhead) await api.whole();
  tellStart(parts.log, compiledCode);
  const appFor = api.appFor.bind(api);
  return { handler: streamingHandler(appFor), buffered: bufferedHandler(appFor) };
}
