/** The machine itself: its clock, its randomness, its standard output. Only programs choose these. */
export { availableMemoryBytes } from './available-memory.js';
export { JsonLog } from './json-log.js';
export type { JsonLogOptions } from './json-log.js';
export { processSettings } from './process-settings.js';
export { systemClock } from './system-clock.js';
export { SystemIds } from './system-ids.js';
export { systemRandom } from './system-random.js';
