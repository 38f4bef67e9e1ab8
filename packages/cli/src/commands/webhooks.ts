/** `preheat webhooks …`: addresses that are told when a job or a run of an eval has ended. */
import type { CreateWebhookEndpoint, WebhookEndpoint, WebhookEndpointWithSecret, WebhookEventType } from '@preheat/sdk';
import type { Command } from 'commander';
import type { Io } from '../io.js';
import { printable } from '../printable.js';
import { renderTable } from '../table.js';
import { repeated } from './arguments.js';
import { openSession } from './session.js';

const JOB_ENDED: CreateWebhookEndpoint['event_types'] = [
  'fine_tuning.job.succeeded',
  'fine_tuning.job.failed',
  'fine_tuning.job.cancelled',
];

/** As long as the platform takes. */
const MAX_NAME_CHARACTERS = 256;

export function addWebhooksCommand(program: Command, io: Io): void {
  const webhooks = program.command('webhooks').description('tell an address of yours when jobs and runs have ended');
  addCreate(webhooks, io);
  webhooks
    .command('list', { isDefault: true })
    .description('list endpoints, newest first')
    .action(async (_flags, command: Command) => {
      const session = openSession(command, io);
      session.show(await session.client.webhooks.list().toArray(), endpointTable);
    });
  webhooks
    .command('delete <endpoint>')
    .description('delete an endpoint; what it was not told yet is dropped')
    .action(async (id: string, _flags, command: Command) => {
      const session = openSession(command, io);
      session.show(await session.client.webhooks.delete(id), () => `deleted ${id}`);
    });
  addUpkeep(webhooks, io);
}

function addCreate(webhooks: Command, io: Io): void {
  webhooks
    .command('create <url>')
    .description('tell this address; prints the secret that deliveries are signed with, this once')
    .option('--event <type>', `repeatable (default: ${JOB_ENDED.join(', ')})`, repeated)
    .option('--name <text>', 'what to call it (default: the host of the address)')
    .addHelpText('after', '\nExample:\n  $ preheat webhooks create https://example.com/hook --event eval.run.succeeded')
    .action(async (url: string, _flags, command: Command) => {
      const session = openSession<{ event?: WebhookEventType[]; name?: string }>(command, io);
      const { event, name = defaultName(url) } = session.flags;
      const made = await session.client.webhooks.create({ url, name, event_types: event ?? JOB_ENDED });
      session.show(made, secretText);
    });
}

/** The host; an address without one is left to the platform to refuse. */
function defaultName(url: string): string {
  const host = URL.canParse(url) ? new URL(url).host : '';
  return (host || url).slice(0, MAX_NAME_CHARACTERS);
}

function addUpkeep(webhooks: Command, io: Io): void {
  webhooks
    .command('enable <endpoint>')
    .description('take an endpoint that was given up back into service')
    .action(async (id: string, _flags, command: Command) => {
      const session = openSession(command, io);
      session.show([await session.client.webhooks.update(id, { status: 'enabled' })], endpointTable);
    });
  webhooks
    .command('test <endpoint>')
    .description('send a signed sample event now')
    .option('--event <type>', 'of this type', 'fine_tuning.job.succeeded')
    .action(async (id: string, _flags, command: Command) => {
      const session = openSession<{ event: WebhookEventType }>(command, io);
      const sent = await session.client.webhooks.test(id, session.flags.event);
      session.show(sent, ({ event_type, status_code }) => `${event_type} was answered with ${status_code}`);
    });
  webhooks
    .command('rotate <endpoint>')
    .description('replace the secret; prints the new one, this once')
    .option('--keep-old', 'the old secret signs too, for a day')
    .action(async (id: string, _flags, command: Command) => {
      const session = openSession<{ keepOld?: boolean }>(command, io);
      const options = { keepOldSecretActiveFor24Hours: session.flags.keepOld ?? false };
      session.show(await session.client.webhooks.rotateSecret(id, options), secretText);
    });
}

const secretText = (endpoint: WebhookEndpointWithSecret): string =>
  `${endpointTable([endpoint])}\n\nsecret  ${endpoint.signing_secret}\n        shown this once; \`unwrapWebhook\` of @preheat/sdk verifies deliveries with it`;

function endpointTable(endpoints: readonly WebhookEndpoint[]): string {
  if (endpoints.length === 0) return 'no webhook endpoints yet: `preheat webhooks create --help`';
  return renderTable(
    [{ title: 'ENDPOINT' }, { title: 'URL' }, { title: 'EVENTS' }, { title: 'STATUS' }],
    endpoints.map(({ id, url, event_types: types, status, disabled_reason: reason }) => [
      id,
      printable(url),
      types.join(', '),
      reason === null ? status : `${status}: ${printable(reason)}`,
    ]),
  );
}
