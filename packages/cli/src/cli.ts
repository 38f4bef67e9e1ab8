/** The `preheat` command: its tree of commands, and the one place that turns an outcome into an exit code. */
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { addAliasesCommand } from './commands/aliases.js';
import { addChatCommand } from './commands/chat.js';
import { addDemoCommand } from './commands/demo.js';
import { addDevCommand } from './commands/dev.js';
import { addEvalCommand } from './commands/eval.js';
import { addEvalsCommand } from './commands/evals.js';
import { addFilesCommand } from './commands/files.js';
import { addJobsCommand } from './commands/jobs.js';
import { addModelsCommand } from './commands/models.js';
import { addPreflightCommand } from './commands/preflight.js';
import { addWebhooksCommand } from './commands/webhooks.js';
import { EXIT } from './exit-codes.js';
import { explainError } from './explain-error.js';
import { type Io, UsageError } from './io.js';

/** Runs one command. `args` are those after the command name. Never throws; returns the exit code. */
export async function runCli(args: readonly string[], io: Io): Promise<number> {
  try {
    await program(io).parseAsync(args, { from: 'user' });
    return EXIT.ok;
  } catch (error) {
    // Commander has already printed its message, and help is not a failure.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    if (io.signal.aborted && isAbort(error, io.signal)) return EXIT.interrupted;
    io.stderr.write(`preheat: ${explainError(error)}\n`);
    return error instanceof UsageError ? EXIT.usage : EXIT.failed;
  }
}

const isAbort = (error: unknown, signal: AbortSignal): boolean =>
  error === signal.reason || (error instanceof Error && error.name === 'AbortError');

function versionOf(): string {
  const manifest = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}

function program(io: Io): Command {
  const root = new Command('preheat')
    .description(
      'Train small models and evaluate every checkpoint: warm-up SFT, then RL, behind an OpenAI-compatible API.',
    )
    .version(versionOf(), '--version', 'print the version')
    .option('--json', 'print results as JSON on standard output')
    .option('--base-url <url>', 'API address, with /v1 (default: PREHEAT_BASE_URL, else the local platform)')
    .option('--api-key <key>', 'API key (default: PREHEAT_API_KEY, else that of the local platform)')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      writeErr: (text) => void io.stderr.write(text),
    })
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError('(add --help for usage)')
    .addHelpText(
      'after',
      `
Examples:
  $ preheat dev                                   # run the platform here
  $ preheat demo                                  # train and evaluate a model from scratch
  $ preheat preflight rows.jsonl --model preheat-1m # what a job would take, and train
  $ preheat jobs create --model preheat-1m --training-file rows.jsonl --watch
  $ preheat chat preheat-1m 'cat'

Exit codes: 0 success, 1 failure, 2 wrong usage, 130 interrupted, 141 output closed (as by head).`,
    );
  for (const add of COMMANDS) add(root, io);
  return root;
}

const COMMANDS = [
  addDevCommand,
  addDemoCommand,
  addPreflightCommand,
  addJobsCommand,
  addFilesCommand,
  addEvalCommand,
  addEvalsCommand,
  addModelsCommand,
  addAliasesCommand,
  addWebhooksCommand,
  addChatCommand,
];
