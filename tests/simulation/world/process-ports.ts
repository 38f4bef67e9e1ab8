/** The outside world as one simulated process reaches it. */
import type { Clock, Ids, JsonValue, Log, ObjectStore, WorkQueue } from '@preheat/ports';

export interface ProcessPorts {
  readonly store: ObjectStore;
  readonly jobQueue: WorkQueue<JsonValue>;
  readonly evaluationQueue: WorkQueue<JsonValue>;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
}
