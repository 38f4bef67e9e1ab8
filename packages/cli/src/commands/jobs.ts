/** `preheat jobs …`: create, look at, follow and control fine-tuning jobs. */
import { type FineTuningJob, type FineTuningJobEvent, hasEnded } from '@preheat/sdk';
import { type Command, Option } from 'commander';
import { CommandFailed, type Io } from '../io.js';
import { watchJob } from '../progress/watch-job.js';
import { atLeast, keyValue, numberBetween, positive } from './arguments.js';
import { type CreateJobFlags, createJobBody } from './create-job.js';
import { checkpointTable, eventLine, jobDetails, jobTable } from './job-text.js';
import { openSession, type Session } from './session.js';

const DEFAULT_LIST = 20;

export function addJobsCommand(program: Command, io: Io): void {
  const jobs = program.command('jobs').description('create, follow and control fine-tuning jobs');
  addCreate(jobs, io);
  addReading(jobs, io);
  addControl(jobs, io);
}

function addCreate(jobs: Command, io: Io): void {
  jobs
    .command('create')
    .description('create a job from a JSON file, from flags, or from both (flags win)')
    .option('--file <job.json>', 'the request body, as for POST /v1/fine_tuning/jobs')
    .option('--model <name>', 'base model')
    .option('--training-file <path or id>', 'JSONL rows; a path is uploaded first')
    .option('--validation-file <path or id>', 'JSONL rows held out; a path is uploaded first')
    .option('--pipeline <json or file>', 'array of phases, run in order on one set of weights')
    .addOption(new Option('--method <type>', 'one phase only').choices(['supervised', 'dpo', 'reinforcement']))
    .option('--grader <json or file>', 'grader of a reinforcement method')
    .option('--hyperparameter <key=value>', 'of the method; repeatable', keyValue)
    .option('--suffix <text>', 'becomes part of the name of the model')
    .option('--seed <number>', 'makes the job repeatable', atLeast(0))
    .option('--metadata <key=value>', 'repeatable', keyValue)
    .option('--alias <name>', 'lets it stand for the model when the job succeeds')
    .option('--gate <json or file>', 'with --alias: what an eval must reach first')
    .option('--max-train-seconds <number>', 'end well after so many seconds of training steps', positive)
    .option('--max-tokens <number>', 'end well after so many trained tokens', atLeast(1))
    .option('--max-cost <number>', 'end well at this cost', positive)
    .option('--deadline <unix seconds>', 'end well at this time', atLeast(0))
    .option('--priority <number>', 'from -100 to 100; orders the waiting jobs of the project', numberBetween(-100, 100))
    .option('--watch', 'follow the job to its end')
    .addHelpText(
      'after',
      `
Examples:
  $ preheat jobs create --model preheat-1m --training-file rows.jsonl --watch
  $ preheat jobs create --model preheat-1m --training-file rows.jsonl --pipeline pipeline.json --seed 7
  $ preheat jobs create --file job.json --json

pipeline.json:
  [{ "type": "supervised", "algorithm": "sft" },
   { "type": "reinforcement", "algorithm": "grpo", "grader": { … } }]`,
    )
    .action(async (_flags, command: Command) => {
      const session = openSession<CreateJobFlags & { watch?: boolean }>(command, io);
      const body = await createJobBody(session.flags, session.client, io);
      const job = await session.client.jobs.create(body, { signal: io.signal });
      if (session.flags.watch) await watch(session, job.id);
      else session.show(job, (created) => `${jobDetails(created)}\n\nfollow it: preheat jobs watch ${created.id}`);
    });
}

function addReading(jobs: Command, io: Io): void {
  jobs
    .command('list')
    .description('list jobs, newest first')
    .option('--limit <number>', 'at most this many', atLeast(1), DEFAULT_LIST)
    .action(async (_flags, command: Command) => {
      const session = openSession<{ limit: number }>(command, io);
      session.show(await session.client.jobs.list().toArray(session.flags.limit), jobTable);
    });
  jobs
    .command('get <job>')
    .description('show one job')
    .action(async (id: string, _flags, command: Command) => {
      const session = openSession(command, io);
      session.show(await session.client.jobs.retrieve(id), jobDetails);
    });
  jobs
    .command('watch <job>')
    .description('follow a job to its end; exits 0 only when it succeeded')
    .action((id: string, _flags, command: Command) => watch(openSession(command, io), id));
  jobs
    .command('events <job>')
    .description('print the events of a job, oldest first')
    .option('--follow', 'keep printing until the job has ended')
    .action(async (id: string, _flags, command: Command) => {
      const { client, flags } = openSession<{ follow?: boolean }>(command, io);
      const toLine = (event: FineTuningJobEvent): string => (flags.json ? JSON.stringify(event) : eventLine(event));
      const options = { follow: flags.follow ?? false, signal: io.signal };
      for await (const event of client.jobs.events(id, options)) io.stdout.write(`${toLine(event)}\n`);
    });
  jobs
    .command('checkpoints <job>')
    .description('list the checkpoints of a job; each can be called as a model')
    .action(async (id: string, _flags, command: Command) => {
      const session = openSession(command, io);
      session.show(await session.client.jobs.checkpoints(id).toArray(), checkpointTable);
    });
}

const CONTROLS = {
  cancel: 'stop a job for good; its checkpoints stay',
  pause: 'stop a job after a checkpoint, to be resumed later',
  resume: 'continue a paused job from its last checkpoint',
} as const;

function addControl(jobs: Command, io: Io): void {
  for (const [name, description] of Object.entries(CONTROLS) as [keyof typeof CONTROLS, string][]) {
    jobs
      .command(`${name} <job>`)
      .description(description)
      .action(async (id: string, _flags, command: Command) => {
        const session = openSession(command, io);
        session.show(await session.client.jobs[name](id), jobDetails);
      });
  }
}

async function watch(session: Session<object>, id: string): Promise<void> {
  const { client, io } = session;
  let job: FineTuningJob;
  try {
    job = await watchJob(client, id, io, { signal: io.signal });
  } catch (error) {
    if (io.signal.aborted) io.stderr.write(`the job goes on: preheat jobs watch ${id}\n`);
    throw error;
  }
  session.show(job, jobDetails);
  if (hasEnded(job) && job.status !== 'succeeded') throw new CommandFailed(`the job ${job.status}`);
}
