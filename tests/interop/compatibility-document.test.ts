import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { compatibilityDocument } from './compatibility-document.js';

const DOCUMENT = fileURLToPath(new URL('../../docs/openai-compatibility.md', import.meta.url));

it('is what the checked wire says; `npm run interop:document` writes it', () => {
  expect(readFileSync(DOCUMENT, 'utf8')).toBe(compatibilityDocument());
});
