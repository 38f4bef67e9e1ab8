import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { buildSite } from '../build.mjs';

it('builds one module beside the static files, with everything it needs', async () => {
  const target = mkdtempSync(join(tmpdir(), 'preheat-site-'));
  try {
    expect((await buildSite(target)).errors).toEqual([]);
    expect(readdirSync(target).sort()).toEqual(['app.js', 'app.js.map', 'index.html', 'style.css']);
    const page = readFileSync(join(target, 'index.html'), 'utf8');
    expect(page).toContain('src="./app.js"');
    expect(readFileSync(join(target, 'app.js'), 'utf8')).not.toMatch(/from\s*["']@preheat/);
  } finally {
    rmSync(target, { recursive: true });
  }
});
