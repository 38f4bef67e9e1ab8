/** `preheat dev`: the platform on this machine, until Ctrl-C. */
import { accessSync, constants, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { type Connection, connectionPath, DEFAULT_HOME, readConnection } from '../connection.js';
import { Preheat } from '@preheat/sdk';
import { type Io, UsageError } from '../io.js';
import { newApiKey } from '../platform/api-key.js';
import { logText } from '../platform/log-text.js';
import { startPlatform } from '../platform/start-platform.js';
import { usageLines } from '../platform/usage-lines.js';
import { untilAborted } from '../until-aborted.js';
import { atLeast, wholeBetween } from './arguments.js';

const DEFAULT_PORT = 8787;
const MAX_PORT = 65_535;
/** Of a platform on this machine. */
const ANSWERS_WITHIN_MS = 5_000;
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
    .option('--port <number>', 'port on loopback; 0 takes any free one', wholeBetween(0, MAX_PORT), DEFAULT_PORT)
    .option('--runners <number>', 'runner processes', atLeast(0), 1)
    .option('--data-dir <folder>', 'where everything is kept', DEFAULT_HOME)
    .addOption(
      new Option('--log-level <level>', 'of the lines shown; text on a terminal, else JSON')
        .choices(LOG_LEVELS)
        .default('info'),
    )
    .addHelpText('after', '\nExamples:\n  $ preheat dev\n  $ preheat dev --port 9000 --runners 2 --data-dir /tmp/try')
    .action((_flags, command: Command) => dev(command.optsWithGlobals<DevFlags>(), io));
}

async function dev(flags: DevFlags, io: Io): Promise<void> {
  const home = resolve(io.cwd, flags.dataDir);
  makeHome(home);
  const earlier = readConnection(home);
  if (earlier) await refuseSecond(earlier, home, io);
  const apiKey = flags.apiKey ?? io.env['PREHEAT_API_KEY'] ?? earlier?.apiKey ?? newApiKey();
  // A terminal has a reader; what is kept in a file may be searched.
  const told = io.stderr.isTTY ? logText : (line: string): string => line;
  const log = (name: string, line: string): void => void io.stderr.write(`${`[${name}]`.padEnd(11)} ${told(line)}\n`);
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

/** Throws `UsageError` when nothing can be kept there. */
function makeHome(home: string): void {
  try {
    mkdirSync(home, { recursive: true });
    accessSync(home, constants.W_OK);
  } catch (error) {
    throw new UsageError(`nothing can be kept in ${home}: ${(error as Error).message}; pass another with --data-dir`);
  }
}

/**
 * A second platform would take over the file that commands find the first one by, and leave them with a dead address when it
 * ends. Throws `UsageError` when the one that was started before still answers to its key.
 */
async function refuseSecond({ baseURL, apiKey }: Connection, home: string, io: Io): Promise<void> {
  const client = new Preheat({ baseURL, apiKey, maxRetries: 0, timeoutMs: ANSWERS_WITHIN_MS });
  const isRunning = await client.models
    .list({ signal: io.signal })
    .page()
    .then(
      () => true,
      () => false,
    );
  io.signal.throwIfAborted();
  if (isRunning) {
    throw new UsageError(
      `\`preheat dev\` already runs over ${home}, at ${baseURL}: stop it first, or pass another --data-dir.\n` +
        'More runners at once: --runners.',
    );
  }
}

/** Readable by its owner only: it holds the key. Kept between runs, so that the key stays the same; never seen half written. */
function writeConnection(home: string, connection: Connection): void {
  const path = connectionPath(home);
  const fresh = `${path}.${process.pid}`;
  rmSync(fresh, { force: true });
  writeFileSync(fresh, `${JSON.stringify(connection, undefined, 2)}\n`, { mode: 0o600 });
  renameSync(fresh, path);
}
