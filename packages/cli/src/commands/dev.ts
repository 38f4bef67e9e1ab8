/** `preheat dev`: the platform on this machine, until Ctrl-C. */
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { type Connection, connectionPath, DEFAULT_HOME, readConnection } from '../connection.js';
import type { Io } from '../io.js';
import { newApiKey } from '../platform/api-key.js';
import { startPlatform } from '../platform/start-platform.js';
import { usageLines } from '../platform/usage-lines.js';
import { untilAborted } from '../until-aborted.js';
import { atLeast } from './arguments.js';

const DEFAULT_PORT = 8787;
const LOG_LEVELS = ['debug', 'info', 'warn', 'error'];

interface DevFlags {
  port: number;
  runners: number;
  dataDir: string;
  apiKey?: string;
  logLevel: string;
  json?: boolean;
}

export function addDevCommand(program: Command, io: Io): void {
  program
    .command('dev')
    .description('run the platform on this machine: an API server and runners, state in a folder')
    .option('--port <number>', 'port on loopback; 0 takes any free one', atLeast(0), DEFAULT_PORT)
    .option('--runners <number>', 'runner processes', atLeast(0), 1)
    .option('--data-dir <folder>', 'where everything is kept', DEFAULT_HOME)
    .addOption(new Option('--log-level <level>', 'of the lines shown').choices(LOG_LEVELS).default('info'))
    .addHelpText('after', '\nExamples:\n  $ preheat dev\n  $ preheat dev --port 9000 --runners 2 --data-dir /tmp/try')
    .action((_flags, command: Command) => dev(command.optsWithGlobals<DevFlags>(), io));
}

async function dev(flags: DevFlags, io: Io): Promise<void> {
  const home = resolve(io.cwd, flags.dataDir);
  const apiKey = flags.apiKey ?? io.env['PREHEAT_API_KEY'] ?? readConnection(home)?.apiKey ?? newApiKey();
  const log = (name: string, line: string): void => void io.stderr.write(`${`[${name}]`.padEnd(11)} ${line}\n`);
  const platform = await startPlatform({ ...flags, home, apiKey, log }, io);
  writeConnection(home, { baseURL: platform.baseURL, apiKey });
  try {
    if (flags.json) io.stdout.write(`${JSON.stringify({ base_url: platform.baseURL, api_key: apiKey })}\n`);
    else io.stdout.write(`\npreheat is running at ${platform.url}\n\n${usageLines(platform.baseURL, apiKey)}\n\n`);
    const failure = await Promise.race([platform.failed, untilAborted(io.signal)]);
    if (failure) throw failure;
  } finally {
    io.stderr.write('stopping; runners finish their checkpoint first\n');
    await platform.stop();
  }
}

/** Readable by its owner only: it holds the key. Kept between runs, so that the key stays the same. */
function writeConnection(home: string, connection: Connection): void {
  mkdirSync(home, { recursive: true });
  const path = connectionPath(home);
  rmSync(path, { force: true });
  writeFileSync(path, `${JSON.stringify(connection, undefined, 2)}\n`, { mode: 0o600 });
  chmodSync(path, 0o600);
}
