/** The command line of `npm run reproduce`: what is asked for, or what is wrong with it. */
import { parseArgs } from 'node:util';

export const PRESETS = ['tiny', 'small', 'full'] as const;
export type PresetName = (typeof PRESETS)[number];

const DEFAULT_WORK = '.preheat/reproduce';

export type ReproduceRequest =
  | { readonly kind: 'help' | 'list' | 'index' }
  /** Without names: every base. */
  | { readonly kind: 'bases'; readonly names: readonly string[]; readonly work: string }
  | { readonly kind: 'run'; readonly system: string; readonly preset: PresetName; readonly work: string }
  | { readonly kind: 'mistake'; readonly message: string };

export interface Known {
  /** Ids, in the order of the reference. */
  readonly systems: readonly string[];
  readonly bases: readonly string[];
}

export const REPRODUCE_HELP = `npm run reproduce -- <system> [options]: run the arms of a published system's experiment as ordinary jobs, and judge them.

  <system>             one of the ids that --list shows, such as ift; it must be built
  --preset NAME        the size of the experiment (small):
                         tiny   one seed, two cores, a few minutes; shows that the machinery works and is no verdict
                         small  three seeds, two cores, at most about 30 minutes; what docs/reproductions shows
                         full   three seeds at the reference's size: hours to days on two cores
  --work FOLDER        where jobs, models and finished results are kept (${DEFAULT_WORK})
  --list               every system and where it stands; runs nothing
  --index              write docs/reproductions/README.md anew from the ledgers and experiments; runs nothing
  --bases [NAME...]    train and measure the base checkpoints that experiments start from, all or those named, into
                       tests/reproduce/bases, which is committed
  --help               this text

A run that was killed goes on: the same command with the same --work finds every finished arm and answer, and the job
that was under way by its last checkpoint. What arms or systems have in common is trained once a folder; remove the
folder to begin anew.

Results go to docs/reproductions/<system>: ledger.json (every arm, seed, cost and check), README.md and arms.svg; the
table of all systems in docs/reproductions/README.md is written with them. Progress goes to stderr.

Exit status: 0 when the run ended, whatever its verdict; 1 when something failed; 2 for a command that cannot be read.
`;

export function reproduceRequest(args: readonly string[], known: Known): ReproduceRequest {
  const parsed = parsedArgs(args);
  if (typeof parsed === 'string') return { kind: 'mistake', message: parsed };
  const { values, positionals } = parsed;
  if (values.help) return { kind: 'help' };
  const asked = (['list', 'index', 'bases'] as const).filter((name) => values[name]);
  if (asked.length > 1) return mistake(`${asked.map((name) => `--${name}`).join(' and ')} cannot be asked for at once`);
  if (values.bases) return basesRequest(positionals, values.work ?? DEFAULT_WORK, known.bases);
  const only = values.list ? 'list' : values.index ? 'index' : null;
  if (only && positionals.length > 0)
    return mistake(`--${only} takes no system, and there is ${positionals.join(' ')}`);
  if (only) return { kind: only };
  return runRequest(positionals, values, known.systems);
}

const mistake = (message: string): ReproduceRequest => ({ kind: 'mistake', message });

function parsedArgs(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        preset: { type: 'string' },
        work: { type: 'string' },
        list: { type: 'boolean', default: false },
        index: { type: 'boolean', default: false },
        bases: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    const option = args.find((arg) => message.includes(`'${arg.split('=')[0]}'`));
    // Node's message goes on with how to pass such a thing as a position, which no name of a system is.
    return code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION' && option !== undefined
      ? `there is no option ${option}; options are --preset, --work, --list, --index, --bases and --help`
      : (message.split('. ')[0] ?? message);
  }
}

function basesRequest(names: readonly string[], work: string, bases: readonly string[]): ReproduceRequest {
  const unknown = names.find((name) => !bases.includes(name));
  if (unknown !== undefined) return mistake(`there is no base ${unknown}; there are ${bases.join(', ')}`);
  return { kind: 'bases', names: names.length > 0 ? names : bases, work };
}

function runRequest(
  positionals: readonly string[],
  { preset = 'small', work = DEFAULT_WORK }: { readonly preset?: string; readonly work?: string },
  systems: readonly string[],
): ReproduceRequest {
  const [system, ...more] = positionals;
  if (system === undefined) return mistake('no system is named; --list shows them');
  if (!systems.includes(system)) return mistake(`there is no system ${system}; --list shows them`);
  if (more.length > 0) return mistake(`one system at a time: ${more.join(' ')} is too much`);
  const known = PRESETS.find((name) => name === preset);
  if (!known) return mistake(`there is no preset ${preset}; there are ${PRESETS.join(', ')}`);
  return { kind: 'run', system, preset: known, work };
}
