/** `preheat models …`: base models, imports, fine-tunes and checkpoints. */
import type { ModelObject } from '@preheat/sdk';
import type { Command } from 'commander';
import { formatUnixSeconds } from '../duration.js';
import type { Io } from '../io.js';
import { renderTable } from '../table.js';
import { addExpireCommand } from './models-expire.js';
import { addExportCommand } from './models-export.js';
import { addImportCommand } from './models-import.js';
import { openSession } from './session.js';

export function addModelsCommand(program: Command, io: Io): void {
  const models = program.command('models').description('list, show, import, export, expire and delete models');
  models
    .command('list', { isDefault: true })
    .description('list every model that can be called')
    .action(async (_flags, command: Command) => {
      const session = openSession(command, io);
      session.show(await session.client.models.list().toArray(), modelTable);
    });
  models
    .command('get <model>')
    .description('show one model')
    .action(async (name: string, _flags, command: Command) => {
      const session = openSession(command, io);
      session.show([await session.client.models.retrieve(name)], modelTable);
    });
  models
    .command('delete <model>')
    .description('delete an imported or fine-tuned model or a checkpoint')
    .action(async (name: string, _flags, command: Command) => {
      const session = openSession(command, io);
      session.show(await session.client.models.delete(name), ({ id }) => `deleted ${id}`);
    });
  addExpireCommand(models, io);
  addImportCommand(models, io);
  addExportCommand(models, io);
}

function modelTable(models: readonly ModelObject[]): string {
  return renderTable(
    [{ title: 'MODEL' }, { title: 'OWNED BY' }, { title: 'CREATED (UTC)' }, { title: 'EXPIRES (UTC)' }],
    models.map(({ id, owned_by: owner, created, expires_at: expires }) => [
      id,
      owner,
      formatUnixSeconds(created),
      expires === undefined ? '' : formatUnixSeconds(expires),
    ]),
  );
}
