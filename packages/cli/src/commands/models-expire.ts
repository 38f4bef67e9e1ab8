/** `preheat models expire`: lets a model expire, lets it stay, or tells when it does. */
import type { ModelExpiry, Preheat } from '@preheat/sdk';
import type { Command } from 'commander';
import { formatUnixSeconds } from '../duration.js';
import { type Io, UsageError } from '../io.js';
import { atLeast, duration } from './arguments.js';
import { openSession } from './session.js';

interface ExpireFlags {
  readonly in?: number;
  readonly at?: number;
  readonly never?: boolean;
}

export function addExpireCommand(models: Command, io: Io): void {
  models
    .command('expire <model>')
    .description('let a model expire, or stay; without a flag, tell when it expires')
    .option('--in <duration>', 'from now, such as 90m, 36h or 7d', duration)
    .option('--at <unix seconds>', 'at this time', atLeast(0))
    .option('--never', 'lift the expiry')
    .addHelpText('after', '\nA model that a job, an alias or a run uses expires once nothing uses it.')
    .action(async (name: string, _flags, command: Command) => {
      const session = openSession<ExpireFlags>(command, io);
      session.show(await expiry(session.client, name, session.flags), expiryText);
    });
}

function expiry({ models }: Preheat, name: string, flags: ExpireFlags): Promise<ModelExpiry> {
  const { in: inSeconds, at, never } = flags;
  const given = [inSeconds, at, never].filter((flag) => flag !== undefined);
  if (given.length > 1) throw new UsageError('--in, --at and --never say different things: give one of them');
  if (inSeconds !== undefined) return models.setExpiry(name, { expires_in_seconds: inSeconds });
  if (at !== undefined) return models.setExpiry(name, { expires_at: at });
  return never ? models.liftExpiry(name) : models.expiry(name);
}

function expiryText({ model, expires_at: at }: ModelExpiry): string {
  return at === null ? `${model} does not expire` : `${model} expires at ${formatUnixSeconds(at)} UTC`;
}
