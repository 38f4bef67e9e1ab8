/** Adapters that live and die with this process: for tests, simulations and dry runs. */
export { MemoryObjectStore } from './memory-object-store.js';
export { MemoryWorkQueue } from './memory-work-queue.js';
