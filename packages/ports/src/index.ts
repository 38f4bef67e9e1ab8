/**
 * The interfaces to the outside world. Importing this package pulls in nothing else. Two ports need no outside world
 * to be implemented, so their one implementation is here: CounterRandom and VirtualClock.
 */
export { byteLines, type LineLimit } from './byte-lines.js';
export type { Clock } from './clock.js';
export { CounterRandom } from './counter-random.js';
export type { DirectUploads, PutGrant, PutGrantRequest } from './direct-uploads.js';
export { fastUniforms } from './fast-uniforms.js';
export type { Ids } from './ids.js';
export { lastName, listAll, listPages } from './list-all.js';
export type { Log, LogFields, LogLevel } from './log.js';
export { assertKey, assertPrefix, compareKeys, KEY_BYTES_MAX } from './object-key.js';
export { LIST_LIMIT_MAX } from './object-store.js';
export type {
  ByteRange,
  GetOptions,
  ListEntry,
  ListOptions,
  ListResult,
  ObjectMeta,
  ObjectStore,
  PutCondition,
  PutOptions,
  PutResult,
  StoredObject,
  StoredStream,
} from './object-store.js';
export { putIdempotent } from './put-idempotent.js';
export type { Random, RandomState } from './random.js';
export type { RunnerFleet } from './runner-fleet.js';
export { InvalidKeyError, UnknownOutcomeError } from './store-errors.js';
export {
  RECEIVE_MESSAGES_MAX,
  RECEIVE_WAIT_MAX_MS,
  SEND_DELAY_MAX_MS,
  VISIBILITY_TIMEOUT_MAX_MS,
} from './work-queue.js';
export type { Delivery, JsonValue, QueueDepth, ReceiveOptions, SendOptions, WorkQueue } from './work-queue.js';
export { DeadlockError, VirtualClock } from './virtual-clock.js';
