/** Requests that once found a fault. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { FuzzRequest } from './request-arbitrary.js';

export const REGRESSIONS = fileURLToPath(new URL('./regressions.json', import.meta.url));

export const regressions = (): FuzzRequest[] => JSON.parse(readFileSync(REGRESSIONS, 'utf8')) as FuzzRequest[];
