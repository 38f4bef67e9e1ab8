/**
 * Asks the metadata service of an EC2 machine whether the machine is about to be taken away: the notice comes two minutes
 * ahead. ECS turns it into a SIGTERM where its agent is told to; elsewhere this watch does. Version 2 of the service, which
 * wants a token. A service that does not answer is asked again: a watch that cannot see must not stop training.
 */
import type { Clock, Log } from '@preheat/ports';

const ASK_EVERY_MS = 5_000;
const ANSWER_LIMIT_MS = 2_000;
const TOKEN_TTL_SECONDS = 300;
const NOTICE_PATH = '/latest/meta-data/spot/instance-action';

export interface SpotWatch {
  /** Such as http://169.254.169.254. */
  readonly url: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Ends the watch. */
  readonly signal: AbortSignal;
}

/** Calls `leave` once with what the machine announced, such as `terminate at 2026-01-01T00:00:00Z`. */
export async function watchSpotNotice(watch: SpotWatch, leave: (notice: string) => void): Promise<void> {
  while (!watch.signal.aborted) {
    const notice = await readNotice(watch.url).catch((error: unknown) => {
      watch.log.debug('the metadata service did not answer', { error });
      return undefined;
    });
    if (notice !== undefined) return leave(notice);
    await watch.clock.sleep(ASK_EVERY_MS, watch.signal).catch(() => undefined);
  }
}

/** Undefined: no notice was given. */
async function readNotice(url: string): Promise<string | undefined> {
  const limit = () => ({ signal: AbortSignal.timeout(ANSWER_LIMIT_MS) });
  const lifetime = { 'x-aws-ec2-metadata-token-ttl-seconds': String(TOKEN_TTL_SECONDS) };
  const token = await fetch(`${url}/latest/api/token`, { method: 'PUT', headers: lifetime, ...limit() });
  if (!token.ok) throw new Error(`no token: ${token.status}`);
  const headers = { 'x-aws-ec2-metadata-token': await token.text() };
  const answer = await fetch(url + NOTICE_PATH, { headers, ...limit() });
  if (answer.status === 404) return undefined;
  if (!answer.ok) throw new Error(`no answer: ${answer.status}`);
  const { action, time } = (await answer.json()) as { action?: unknown; time?: unknown };
  return `${String(action)} at ${String(time)}`;
}
