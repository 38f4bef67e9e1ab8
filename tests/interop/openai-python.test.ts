/**
 * Two releases of the official Python client, unmodified, tell the same story. `PREHEAT_INTEROP_PYTHON` and `PREHEAT_PEER_PYTHON`
 * name interpreters; a release that none of them has is skipped by name.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { API_KEY } from '../e2e/platform.js';
import { waitFor } from '../e2e/wait-for.js';
import { allProblems, type InteropPlatform, startInterop, undriven } from './interop-platform.js';
import { pythonClients } from './python-clients.js';
import type { RecordingProxy } from './recording-proxy.js';
import { importedModel } from './stories/called-tools.js';
import { officialClient } from './stories/story.js';

const STORY = fileURLToPath(new URL('story.py', import.meta.url));
const TIMEOUT_MS = 400_000;
const STEPS = ['files', 'jobs', 'train', 'graders', 'evals', 'chat', 'interrupted', 'tools', 'models', 'endpoints'];

interface Line {
  readonly step?: string;
  readonly ok?: boolean;
  readonly problem?: string;
  readonly jobs?: string[];
  readonly manages_webhooks?: boolean;
}

function tell(python: string, args: readonly string[], input = ''): Promise<Line[]> {
  const child = spawn(python, [STORY, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end(input);
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
  return new Promise((resolve) =>
    child.on('close', () =>
      resolve(
        text
          .split('\n')
          .filter(Boolean)
          .map((line) => JSON.parse(line) as Line),
      ),
    ),
  );
}

const ABSENT = ' (skipped: PREHEAT_INTEROP_PYTHON names no Python that has it)';
const CLIENTS = pythonClients().map(({ release, python }) => ({
  title: `openai ${release} for Python${python === null ? ABSENT : ''}`,
  python,
}));

describe.each(CLIENTS)('$title', ({ python }) => {
  describe.skipIf(python === null)('tells the story', { timeout: TIMEOUT_MS }, () => story(python ?? ''));
});

function story(python: string): void {
  let platform: InteropPlatform;
  let proxy: RecordingProxy;
  let lines: Line[] = [];
  beforeAll(async () => {
    platform = await startInterop();
    proxy = await platform.newProxy();
    // Through a proxy of its own: what it calls is not what the Python client drove.
    await importedModel(officialClient(7, (await platform.newProxy()).baseURL, API_KEY), 'tools-py');
    lines = await tell(python, [proxy.baseURL, API_KEY, platform.receiver.url]);
  }, TIMEOUT_MS);
  afterAll(() => platform.stop());

  it.each(STEPS)('%s', (step) => {
    expect(
      lines.find((line) => line.step === step),
      platform.logs(),
    ).toEqual({ step, ok: true });
  });

  it('verifies webhooks about its jobs', async () => {
    const hooks: string[] = [];
    for (const id of lines.at(-1)?.jobs ?? []) {
      const found = await waitFor(`a webhook about ${id}`, async () => platform.receiver.about(id), Boolean, 30_000);
      hooks.push(JSON.stringify({ ...found, secret: platform.secret }));
    }
    expect(hooks).toHaveLength(2);
    const input = hooks.map((hook) => `${hook}\n`).join('');
    const told = await tell(python, [proxy.baseURL, API_KEY, platform.receiver.url, 'unwrap'], input);
    expect(told).toEqual([{ step: 'unwrap', ok: true }]);
  });

  it('tried again what was too busy: 503 and 429, twice each', () => {
    const retries = proxy.retryCounts.filter((count) => count === '1' || count === '2');
    expect(retries.join('')).toContain('1212');
  });

  it('said and heard nothing that is not the wire', () => {
    expect(allProblems(proxy)).toEqual([]);
  });

  it('drove every endpoint it has a call for', () => {
    // Releases before the management of webhooks lack those calls.
    const isNew = lines.at(-1)?.manages_webhooks;
    const missing = undriven(proxy, 'openai (Python)').filter((route) => isNew || !/webhook/.test(route));
    expect(missing).toEqual([]);
  });
}
