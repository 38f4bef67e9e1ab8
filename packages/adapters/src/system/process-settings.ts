/** The settings of a process, at its start: with wrong ones it ends at once and says why, for a person and for its supervisor. */
import { readSettings, SettingsError } from '@preheat/contracts';
import type { Static, TSchema } from 'typebox';

/** EX_CONFIG of sysexits(3): starting the process again is no use. */
const EXIT_WRONG_SETTINGS = 78;

export function processSettings<S extends TSchema>(schema: S): Static<S> {
  try {
    return readSettings(schema, process.env);
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    process.stderr.write(`${error.message}\n  (docs/configuration.md has all of them)\n`);
    process.exit(EXIT_WRONG_SETTINGS);
  }
}
