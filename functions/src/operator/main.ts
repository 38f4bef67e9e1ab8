/** `npm run operator -- dead-letters list`: the operator's command, on the store that the environment names. */
import { openPlatform } from '@preheat/adapters/platform';
import { processSettings } from '@preheat/adapters/system';
import { StoreSettings } from '@preheat/contracts';
import { JobStore } from '@preheat/jobs';
import { operate, OPERATOR_USAGE } from './operate.js';

const platform = await openPlatform(processSettings(StoreSettings), 'operator');
const deps = { ...platform, queue: platform.jobQueue };
const print = (line: unknown): boolean => process.stdout.write(`${JSON.stringify(line)}\n`);
const code = await operate(process.argv.slice(2), new JobStore(deps), deps, print);
if (code === 2) process.stderr.write(`${OPERATOR_USAGE}\n`);
await platform.close();
process.exitCode = code;
