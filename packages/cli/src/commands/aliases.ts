/** `preheat aliases …`: names that stand for models. */
import type { ModelAlias } from '@preheat/sdk';
import type { Command } from 'commander';
import { formatUnixSeconds } from '../duration.js';
import type { Io } from '../io.js';
import { renderTable } from '../table.js';
import { openSession } from './session.js';

export function addAliasesCommand(program: Command, io: Io): void {
  const aliases = program.command('aliases').description('list, move and delete names that stand for models');
  aliases
    .command('list', { isDefault: true })
    .description('list every alias and the model it stands for')
    .action(async (_flags, command: Command) => {
      const session = openSession(command, io);
      session.show(await session.client.aliases.list(), aliasTable);
    });
  aliases
    .command('get <alias>')
    .description('show one alias and what it stood for before')
    .action(async (alias: string, _flags, command: Command) => {
      const session = openSession(command, io);
      session.show(await session.client.aliases.retrieve(alias), (found) => aliasTable([found, ...earlier(found)]));
    });
  aliases
    .command('set <alias> <model>')
    .description('let an alias stand for a model, at once')
    .action(async (alias: string, model: string, _flags, command: Command) => {
      const session = openSession(command, io);
      session.show(await session.client.aliases.move(alias, model), (moved) => `${moved.id} → ${moved.model}`);
    });
  aliases
    .command('delete <alias>')
    .description('delete an alias; its model stays')
    .action(async (alias: string, _flags, command: Command) => {
      const session = openSession(command, io);
      session.show(await session.client.aliases.delete(alias), ({ id }) => `deleted ${id}`);
    });
}

type Row = Pick<ModelAlias, 'id' | 'model' | 'moved_at' | 'fine_tuning_job_id'>;

const earlier = ({ previous }: ModelAlias): Row[] => previous.map((target) => ({ ...target, id: '(before)' }));

function aliasTable(aliases: readonly Row[]): string {
  return renderTable(
    [{ title: 'ALIAS' }, { title: 'MODEL' }, { title: 'SINCE (UTC)' }, { title: 'BY' }],
    aliases.map((alias) => [
      alias.id,
      alias.model,
      formatUnixSeconds(alias.moved_at),
      alias.fine_tuning_job_id ?? 'hand',
    ]),
  );
}
