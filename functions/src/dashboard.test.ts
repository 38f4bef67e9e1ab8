import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { serveDashboard } from './dashboard.js';
import { type ApiUnderTest, startApi } from './test-kit/api-under-test.js';

let folder: string;
let api: ApiUnderTest;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'preheat-dashboard-'));
  writeFileSync(join(folder, 'index.html'), '<title>preheat</title>');
  api = await startApi();
  await serveDashboard(api.app, folder);
});
afterEach(async () => {
  await api.app.close();
  rmSync(folder, { recursive: true });
});

describe('the dashboard', () => {
  it('is served without a key, with a policy that keeps it to itself', async () => {
    const page = await api.app.inject({ url: '/dashboard/' });
    expect(page.statusCode).toBe(200);
    expect(page.body).toContain('<title>preheat</title>');
    expect(page.headers['content-security-policy']).toMatch(/^default-src 'self';.* frame-ancestors 'none'$/);
    for (const url of ['/', '/dashboard']) {
      expect((await api.app.inject({ url })).headers['location']).toBe('/dashboard/');
    }
  });

  it('opens nothing else', async () => {
    expect((await api.app.inject({ url: '/v1/models' })).statusCode).toBe(401);
    expect((await api.app.inject({ url: '/dashboard/%2e%2e/%2e%2e/etc/passwd' })).statusCode).toBe(404);
  });
});
