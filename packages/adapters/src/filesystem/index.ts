/** The embedded default: everything in one directory, shared by the processes of one machine. */
export { FilesystemObjectStore } from './filesystem-object-store.js';
export { FilesystemWorkQueue } from './filesystem-work-queue.js';
export { QueueOnUse } from './queue-on-use.js';
export { LockTimeoutError } from './key-locks.js';
