/** Lambda entry of the HTTP API. `handler` streams, for function URLs; `buffered` is for whatever cannot stream. */
import { FUNCTION_DECODER_WORKERS, openApi, openParts } from '../composition.js';
import { bufferedHandler, streamingHandler } from './function-url.js';

const parts = await openParts(process.env, 'api', FUNCTION_DECODER_WORKERS);
const app = await openApi(process.env, parts);
await app.ready();

export const handler = streamingHandler(app);
export const buffered = bufferedHandler(app);
