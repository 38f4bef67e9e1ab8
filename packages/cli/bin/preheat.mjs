#!/usr/bin/env node
/** The `preheat` command. A file that needs no build, so that npm can link it before one, and can say that it lacks one. */
import { existsSync } from 'node:fs';

const main = new URL('../dist/main.js', import.meta.url);
if (existsSync(main)) await import(main.href);
else {
  console.error('preheat is not built yet: run `npm ci && npm run build` at the root of the repository.');
  process.exitCode = 2;
}
