/** Answers SQS messages one by one; only those that failed come again. */
import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import type { Parts } from '../composition.js';
import { answerDoorbell } from '../evaluation/evaluation-worker.js';

/** Kept free for the last batch, its write and the hand-over. */
const RESERVE_MS = 60_000;
const LEASE_TTL_MS = 60_000;

export function queueHandler(parts: Parts) {
  return async (event: SQSEvent, context: Context): Promise<SQSBatchResponse> => {
    const deadlineMs = parts.clock.nowMs() + context.getRemainingTimeInMillis() - RESERVE_MS;
    const options = { workerId: `lambda-${context.awsRequestId}`, leaseTtlMs: LEASE_TTL_MS, deadlineMs };
    const batchItemFailures: SQSBatchResponse['batchItemFailures'] = [];
    for (const { body, messageId } of event.Records) {
      try {
        await answerDoorbell(parts, parsed(body), options);
      } catch (error) {
        parts.log.error('message failed', { messageId, error });
        batchItemFailures.push({ itemIdentifier: messageId });
      }
    }
    return { batchItemFailures };
  };
}

/** Text that is no JSON is a message nobody understands, like any other. */
function parsed(body: string): unknown {
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return body;
  }
}
