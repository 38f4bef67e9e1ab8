/**
 * Parts that a client puts into the store itself. The id of such a part says what was announced of it, so that completing can
 * hold what arrived against it, whatever the store has checked, and nothing needs to be remembered of parts that never came.
 */
import type { AnnounceUploadPart } from '@preheat/contracts';

/** @param unique Letters and digits behind a prefix, as of any part. */
export const announcedPartId = (unique: string, { bytes, sha256 }: AnnounceUploadPart): string =>
  `${unique}-${bytes}-${sha256}`;

/** What was announced of the part; undefined for one that came through the API. */
export function announcedPart(partId: string): AnnounceUploadPart | undefined {
  const [, bytes, sha256] = /^part_[0-9A-Za-z]+-([1-9][0-9]{0,15})-([0-9a-f]{64})$/.exec(partId) ?? [];
  return bytes !== undefined && sha256 !== undefined ? { bytes: Number(bytes), sha256 } : undefined;
}
