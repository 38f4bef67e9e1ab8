/** The figures that are committed with the base checkpoints. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ArmScores } from './scores.js';

export const BASES_FOLDER = fileURLToPath(new URL('./bases/', import.meta.url));
export const FIGURES_FILE = 'figures.json';

export interface BaseFigures {
  readonly name: string;
  /** What makes and measures it. */
  readonly command: string;
  readonly seed: number;
  readonly trainedTokens: number;
  readonly suites: Readonly<Record<string, ArmScores>>;
}

/** By name. */
export function baseFigures(): BaseFigures[] {
  const names = existsSync(BASES_FOLDER) ? readdirSync(BASES_FOLDER).sort() : [];
  const made = names.filter((name) => existsSync(join(BASES_FOLDER, name, FIGURES_FILE)));
  return made.map((name) => JSON.parse(readFileSync(join(BASES_FOLDER, name, FIGURES_FILE), 'utf8')) as BaseFigures);
}
