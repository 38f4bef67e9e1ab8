/** For tests: runs a command line in a folder of its own, against an API that answers as told. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCli } from '../cli.js';
import { type Routes, type ScriptedApi, startScriptedApi } from './scripted-api.js';
import { type TestIo, type TestIoOptions, testIo } from './test-io.js';

export class CliUnderTest {
  readonly folder = mkdtempSync(join(tmpdir(), 'preheat-cli-'));
  /** Of the last run. */
  api: ScriptedApi | undefined;

  async run(line: string[], routes: Routes = {}, options: TestIoOptions = {}): Promise<TestIo & { code: number }> {
    const api = await this.answering(routes);
    const env = { PREHEAT_BASE_URL: api.baseURL, PREHEAT_API_KEY: 'key-1' };
    const io = testIo({ env, cwd: this.folder, ...options });
    return { ...io, code: await runCli(line, io) };
  }

  /** The API alone, in place of the one before. */
  async answering(routes: Routes): Promise<ScriptedApi> {
    await this.api?.stop();
    this.api = await startScriptedApi(routes);
    return this.api;
  }

  file(name: string, content: string): string {
    writeFileSync(join(this.folder, name), content);
    return name;
  }

  async close(): Promise<void> {
    await this.api?.stop();
    rmSync(this.folder, { recursive: true });
  }
}
