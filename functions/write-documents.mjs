/**
 * Writes functions/openapi.json and docs/errors.md from the sources. Run it after a route, a schema or an error changed:
 *
 *   npm run documents -w functions
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { errorsMarkdown, openapiJson } from './src/generated-documents.ts';

mkdirSync(new URL('../docs/', import.meta.url), { recursive: true });
writeFileSync(new URL('./openapi.json', import.meta.url), await openapiJson());
writeFileSync(new URL('../docs/errors.md', import.meta.url), errorsMarkdown());
