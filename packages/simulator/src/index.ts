/** Everything a deterministic simulation needs; the clock and the random streams are those of the ports. */
export { FaultyQueue, QueueUnavailableError } from './faulty-queue.js';
export type { FaultyQueueOptions, QueueFaults } from './faulty-queue.js';
export { FaultyStore, StoreUnavailableError } from './faulty-store.js';
export type { FaultyStoreOptions, StoreFaults } from './faulty-store.js';
export { runSeeds, SeedFailure } from './run-seeds.js';
export type { RunSeedsOptions } from './run-seeds.js';
export { type ProcessFaults, SimulatedProcess, type SimulatedProcessOptions } from './simulated-process.js';
export { createSimulation } from './simulation.js';
export type { Simulation } from './simulation.js';
export { TraceLog } from './trace-log.js';
export { type StoreWatcher, WatchedStore } from './watched-store.js';
export { CounterRandom as SeededRandom, DeadlockError, VirtualClock } from '@preheat/ports';
