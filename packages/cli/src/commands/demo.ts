/**
 * `preheat demo`: the whole platform from a fresh folder, one real job through it, and the table. Everything it starts it
 * stops, on success, on failure and on Ctrl-C.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Preheat } from '@preheat/sdk';
import type { Command } from 'commander';
import { DEFAULT_HOME } from '../connection.js';
import { DEMO_SIZES, type DemoSizes } from '../demo/job.js';
import { reportText } from '../demo/report.js';
import { type DemoResult, tellStory } from '../demo/story.js';
import { formatDuration } from '../duration.js';
import { CommandFailed, type Io } from '../io.js';
import { newApiKey } from '../platform/api-key.js';
import { LogFile } from '../platform/log-file.js';
import { type Platform, startPlatform } from '../platform/start-platform.js';
import { usageLines } from '../platform/usage-lines.js';
import { untilAborted } from '../until-aborted.js';
import { atLeast } from './arguments.js';

interface DemoFlags extends DemoSizes {
  keep?: boolean;
  json?: boolean;
  dataDir?: string;
}

export function addDemoCommand(program: Command, io: Io): void {
  program
    .command('demo')
    .description('train a speller-to-sound model by SFT and RL here, from scratch, and evaluate it (about 3 minutes)')
    .option('--keep', 'leave the platform running afterwards, until Ctrl-C')
    .option(
      '--data-dir <folder>',
      `where to keep everything (default: a temporary folder; with --keep ${DEFAULT_HOME}/demo)`,
    )
    .option('--words <number>', 'training words for each phase', atLeast(1), DEMO_SIZES.words)
    .option('--sft-steps <number>', 'steps of SFT', atLeast(1), DEMO_SIZES.sftSteps)
    .option('--rl-steps <number>', 'steps of GRPO', atLeast(1), DEMO_SIZES.rlSteps)
    .option('--eval-words <number>', 'held-out words', atLeast(1), DEMO_SIZES.evalWords)
    .option('--seed <number>', 'of training, sampling and the intervals', atLeast(0), DEMO_SIZES.seed)
    .addHelpText('after', '\nExits 0 only when RL beat SFT beyond the 95 % interval.')
    .action((_flags, command: Command) => demo(command.optsWithGlobals<DemoFlags>(), io));
}

async function demo(flags: DemoFlags, io: Io): Promise<void> {
  const { report } = await runDemo(flags, io);
  if (!report.rlBeatsSft) throw new CommandFailed('RL did not beat SFT beyond the interval');
}

async function runDemo(flags: DemoFlags, io: Io): Promise<DemoResult> {
  const startMs = io.nowMs();
  const home = await makeHome(flags, io);
  const log = new LogFile(join(home.path, 'demo.log'));
  const apiKey = newApiKey();
  let platform: Platform | undefined;
  try {
    io.stderr.write(`starting the platform in ${home.path}\n`);
    const settings = { home: home.path, port: 0, runners: 1, apiKey, logLevel: 'info' };
    platform = await startPlatform({ ...settings, log: (name, line) => log.add(name, line) }, io);
    io.stderr.write(`the API answers at ${platform.url}\n`);
    const result = await orFailure(platform, tellStory(new Preheat({ apiKey, baseURL: platform.baseURL }), flags, io));
    show(result, flags, io, io.nowMs() - startMs);
    if (flags.keep) await keep(platform, apiKey, result, io);
    return result;
  } catch (error) {
    // The log goes with the temporary folder: what it ended with is what explains a failure.
    if (!io.signal.aborted) io.stderr.write(`\nlast lines of the platform's log:\n${log.tail()}\n\n`);
    throw error;
  } finally {
    await platform?.stop();
    log.close();
    if (home.temporary) rmSync(home.path, { recursive: true, force: true });
  }
}

async function makeHome(flags: DemoFlags, io: Io): Promise<{ path: string; temporary: boolean }> {
  const wanted = flags.dataDir ?? (flags.keep ? join(DEFAULT_HOME, 'demo') : undefined);
  if (wanted === undefined) return { path: await mkdtemp(join(tmpdir(), 'preheat-demo-')), temporary: true };
  const path = resolve(io.cwd, wanted);
  mkdirSync(path, { recursive: true });
  return { path, temporary: false };
}

/** The story's result, or the platform's failure if that comes first. */
function orFailure<T>(platform: Platform, story: Promise<T>): Promise<T> {
  return Promise.race([
    story,
    platform.failed.then((error) => {
      throw error;
    }),
  ]);
}

function show({ report, sample, job, seconds }: DemoResult, flags: DemoFlags, io: Io, elapsedMs: number): void {
  if (flags.json) {
    io.stdout.write(`${JSON.stringify({ job, report, sample, seconds }, undefined, 2)}\n`);
    return;
  }
  io.stdout.write(`
${reportText(report)}

${sample.word} → ${sample.answer}   (dictionary: ${sample.references.join(' or ')})

${formatDuration(elapsedMs)} in all: training ${formatDuration(seconds.training * 1_000)}, evaluation ${formatDuration(seconds.evaluation * 1_000)}
`);
}

async function keep(platform: Platform, apiKey: string, { job }: DemoResult, io: Io): Promise<void> {
  const model = job.fine_tuned_model ?? job.model;
  io.stderr.write(`\nthe platform keeps running\n\n${usageLines(platform.baseURL, apiKey, model)}\n`);
  const failure = await Promise.race([platform.failed, untilAborted(io.signal)]);
  if (failure) throw failure;
}
