/** Types of build.mjs, for the test that builds the site. */
import type { BuildResult } from 'esbuild';

/** Bundles the site into `target` (default: dist/site). */
export function buildSite(target?: string): Promise<BuildResult>;
