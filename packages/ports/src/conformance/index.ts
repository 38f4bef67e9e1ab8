/** The suites every adapter runs. Needs vitest, so it is a subpath of its own and never part of a program. */
export { objectStoreConformance } from './object-store-conformance.js';
export type { StoreHarness } from './object-store-conformance.js';
export { workQueueConformance } from './work-queue-conformance.js';
export type { QueueCapabilities, QueueHarness, TestMessage } from './work-queue-conformance.js';
