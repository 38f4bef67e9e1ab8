// Writes docs/openai-compatibility.md from the wire: `npm run interop:document`.
import { writeFileSync } from 'node:fs';
import { compatibilityDocument } from './compatibility-document.ts';

writeFileSync(new URL('../../docs/openai-compatibility.md', import.meta.url), compatibilityDocument());
