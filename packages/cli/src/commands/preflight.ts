/** `preheat preflight <file>`: what a job would take, which tokens it trains, and what it would be refused for. */
import type { CreateJob } from '@preheat/sdk';
import type { Command } from 'commander';
import { CommandFailed, type Io } from '../io.js';
import { type CreateJobFlags, createJobBody } from './create-job.js';
import { addRequestFlags } from './job-flags.js';
import { preflightText } from './preflight-text.js';
import { openSession, type Session } from './session.js';

export function addPreflightCommand(program: Command, io: Io): void {
  addRequestFlags(program.command('preflight <file>'))
    .description('check rows, tokens, grader, memory, time and cost of a job before any compute; nothing is queued')
    .addHelpText(
      'after',
      `
<file> are the training rows: a path, which is uploaded first, or a file id. Exits 1 when the job would be refused.

Examples:
  $ preheat preflight rows.jsonl --model preheat-1m
  $ preheat preflight rows.jsonl --model preheat-1m --validation-file held-out.jsonl --max-cost 5
  $ preheat preflight prompts.jsonl --model preheat-1m --grader grader.json --json`,
    )
    .action(async (trainingFile: string, _flags, command: Command) => {
      const session = openSession<CreateJobFlags>(command, io);
      const body = await createJobBody({ ...session.flags, trainingFile }, session.client, io);
      await showPreflight(session, body);
    });
}

/** @throws CommandFailed when a job of this request would be refused. */
export async function showPreflight(session: Session<object>, body: CreateJob): Promise<void> {
  const { client, io } = session;
  const report = await client.jobs.preflight(body, { signal: io.signal });
  session.show(report, (told) => preflightText(told, io.stdout.isTTY === true && (io.env['NO_COLOR'] ?? '') === ''));
  if (!report.ready) throw new CommandFailed('a job of this request would be refused, see above');
}
