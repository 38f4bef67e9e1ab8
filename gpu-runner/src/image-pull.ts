/**
 * How long pulling this task's image took, as the ECS agent tells it (task metadata, version 4). Outside ECS, and where the image
 * was there already, there is nothing to tell. Nothing but the account of a start hangs on it.
 */
import Type from 'typebox';
import { check } from '@preheat/contracts';
import type { Log } from '@preheat/ports';

const REQUEST_TIMEOUT_MS = 2_000;

const Time = Type.Optional(Type.String({ maxLength: 64 }));
const TaskMetadata = Type.Object({ PullStartedAt: Time, PullStoppedAt: Time });

/** @param metadataUri `ECS_CONTAINER_METADATA_URI_V4` as ECS sets it; undefined outside ECS. */
export async function imagePullMs(metadataUri: string | undefined, log: Log): Promise<number | null> {
  if (metadataUri === undefined) return null;
  try {
    const answer = await fetch(`${metadataUri}/task`, { signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) });
    const metadata = check(TaskMetadata, await answer.json());
    if (!answer.ok || !metadata.ok) throw new Error(`the metadata of the task could not be read (${answer.status})`);
    const { PullStartedAt: from = '', PullStoppedAt: to = '' } = metadata.value;
    const pulledMs = Date.parse(to) - Date.parse(from);
    return pulledMs >= 0 ? pulledMs : null;
  } catch (error) {
    log.warn('how long pulling the image took is not known', { error });
    return null;
  }
}
