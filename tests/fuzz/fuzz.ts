/** `npm run fuzz -- --help`: sends requests made of the OpenAPI document and shows what the API could not answer for. */
import { randomInt } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { readDocument } from './operations.js';
import { REGRESSIONS, regressions } from './regressions.js';
import { runFuzz } from './run-fuzz.js';

const HELP = `npm run fuzz [-- options]: send requests made of the OpenAPI document; none may be answered with a 5xx or end the process.

  --requests N   how many (10000)
  --seed N       the first seed (a random one, printed)
  --keep         add what fails to tests/fuzz/regressions.json, which the tests replay`;

const { values } = parseArgs({
  options: {
    help: { type: 'boolean', default: false },
    requests: { type: 'string', default: '10000' },
    seed: { type: 'string', default: String(randomInt(2 ** 31)) },
    keep: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(HELP);
  process.exit(0);
}
const document = readDocument();
const [requests, seed] = [Number(values.requests), Number(values.seed)];
console.log(`seed ${seed}`);
const onProgress = (sent: number, faults: number): void => console.error(`${sent} of ${requests}, ${faults} faults`);
const report = await runFuzz({ document, requests, seed, onProgress });
for (const { signature, request, answer } of report.faults) {
  console.log(`\n${signature}\n  ${JSON.stringify(request)}\n  ${answer}`);
}
if (values.keep && report.faults.length > 0) {
  const kept = [...regressions(), ...report.faults.map(({ request }) => request)];
  writeFileSync(REGRESSIONS, `${JSON.stringify(kept, null, 2)}\n`);
}
const statuses = [...report.statuses].sort(([a], [b]) => a - b).map(([status, count]) => `${status}: ${count}`);
console.log(`${report.sent} requests, ${report.faults.length} faults; answers by status: ${statuses.join(', ')}`);
process.exit(report.faults.length === 0 ? 0 : 1);
