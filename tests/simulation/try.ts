import { Scenario } from './scenario.js';
import { runSeed } from './run-seed.js';
const [from, count, lines] = process.argv.slice(2).map(Number) as [number, number, number];
const s = await Scenario.open();
const t0 = performance.now();
let bad = 0;
for (let seed = from; seed < from + count; seed++) {
  const f = await runSeed(s, seed, lines || 0);
  if (f) { bad++; console.log(seed, f.reason, '\n' + f.trace.join('\n')); }
}
console.log('bad', bad, 'ms per seed', (performance.now() - t0) / count);
