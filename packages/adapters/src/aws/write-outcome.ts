/**
 * What an answer (or silence) from S3 says about a write. Three things must never be confused: refused, done, and
 * unknown. After a repeated attempt even a clear 412 is unknown: the first attempt may have succeeded without its
 * answer arriving, and then it is our own object that makes the second one fail. So is the end of an upload that is not there
 * any more: whoever writes the same object may have completed it.
 */
import { UnknownOutcomeError } from '@preheat/ports';
import type { PutCondition, PutResult } from '@preheat/ports';

/** Failures before anything was sent. */
const NEVER_SENT = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'CredentialsProviderError']);

interface SdkError {
  readonly name?: string;
  readonly code?: string;
  readonly $metadata?: { readonly httpStatusCode?: number; readonly attempts?: number };
}

/** @throws UnknownOutcomeError, or the SDK's error when the write certainly did not happen for another reason. */
export async function outcomeOfWrite(
  key: string,
  condition: PutCondition | undefined,
  write: () => Promise<{ ETag?: string | undefined }>,
): Promise<PutResult> {
  try {
    const { ETag } = await write();
    if (ETag === undefined) throw new UnknownOutcomeError(key);
    return { ok: true, etag: ETag };
  } catch (error) {
    if (error instanceof UnknownOutcomeError) throw error;
    if (mayHaveHappened(error as SdkError)) throw new UnknownOutcomeError(key, { cause: error });
    const reason = refusalReason(error as SdkError, condition);
    if (reason === undefined) throw error;
    return { ok: false, reason };
  }
}

/**
 * A request on the way to a write. Whoever meets the store out of order on it does as after a write whose answer was lost: reads
 * back, and writes again. @throws UnknownOutcomeError, or the SDK's error where trying again would not help.
 */
export async function towardsWrite<T>(key: string, send: () => Promise<T>): Promise<T> {
  try {
    return await send();
  } catch (error) {
    throw mayHaveHappened(error as SdkError) ? new UnknownOutcomeError(key, { cause: error }) : error;
  }
}

function mayHaveHappened({ name = '', code = '', $metadata }: SdkError): boolean {
  if (($metadata?.attempts ?? 1) > 1 || name === 'NoSuchUpload') return true;
  if (NEVER_SENT.has(code) || NEVER_SENT.has(name)) return false;
  return $metadata?.httpStatusCode === undefined || $metadata.httpStatusCode >= 500;
}

/** S3 User Guide, "Conditional writes": 412 lost, 409 a competing write is in flight, 404 nothing there to match. */
function refusalReason(error: SdkError, condition: PutCondition | undefined): 'precondition' | 'conflict' | undefined {
  const status = error.$metadata?.httpStatusCode;
  if (condition === undefined) return undefined;
  if (status === 412) return 'precondition';
  if (status === 404 && condition.kind === 'match' && error.name === 'NoSuchKey') return 'precondition';
  if (error.name === 'ConditionalRequestConflict' || error.name === 'OperationAborted') return 'conflict';
  return undefined;
}

/** The headers of a condition. */
export function conditionHeaders(condition: PutCondition | undefined): { IfNoneMatch?: string; IfMatch?: string } {
  if (condition === undefined) return {};
  return condition.kind === 'absent' ? { IfNoneMatch: '*' } : { IfMatch: condition.etag };
}
