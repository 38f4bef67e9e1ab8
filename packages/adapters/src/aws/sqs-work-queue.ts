/**
 * A WorkQueue on an Amazon SQS standard queue. SQS counts in whole seconds, so every duration is rounded up. A
 * message that is not JSON is reported and left alone: the queue's redrive policy moves it to the dead-letter queue.
 */
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import type { Message } from '@aws-sdk/client-sqs';
import type { Delivery, JsonValue, Log, QueueDepth, ReceiveOptions, SendOptions, WorkQueue } from '@preheat/ports';
import { checkDelay, checkReceive, checkVisibility } from '../argument-checks.js';
import { clientConfig } from './connection.js';
import type { AwsConnection } from './connection.js';

export interface SqsQueueOptions extends AwsConnection {
  readonly queueUrl: string;
  /** Told about messages that cannot be read. */
  readonly log?: Log;
}

export class SqsWorkQueue<T extends JsonValue> implements WorkQueue<T> {
  readonly #client: SQSClient;
  readonly #queueUrl: string;
  readonly #log: Log | undefined;

  /** Opens no connection. The queue must exist. */
  constructor(options: SqsQueueOptions) {
    this.#client = new SQSClient(clientConfig(options));
    this.#queueUrl = options.queueUrl;
    this.#log = options.log;
  }

  /** Closes idle connections; the queue cannot be used afterwards. */
  close(): void {
    this.#client.destroy();
  }

  async send(message: T, options: SendOptions = {}): Promise<void> {
    const delayMs = options.delayMs ?? 0;
    checkDelay(delayMs);
    await this.#client.send(
      new SendMessageCommand({
        QueueUrl: this.#queueUrl,
        MessageBody: asciiJson(message),
        DelaySeconds: wholeSeconds(delayMs),
      }),
    );
  }

  async receive(options: ReceiveOptions): Promise<Delivery<T>[]> {
    checkReceive(options);
    const { signal } = options;
    const command = new ReceiveMessageCommand({
      QueueUrl: this.#queueUrl,
      MaxNumberOfMessages: options.maxMessages,
      WaitTimeSeconds: wholeSeconds(options.waitMs),
      VisibilityTimeout: wholeSeconds(options.visibilityTimeoutMs),
      MessageSystemAttributeNames: ['ApproximateReceiveCount'],
    });
    try {
      const { Messages = [] } = await this.#client.send(command, signal === undefined ? {} : { abortSignal: signal });
      return Messages.flatMap((message) => this.#deliveryOf(message) ?? []);
    } catch (error) {
      if (signal?.aborted) return [];
      throw error;
    }
  }

  async extend(receipt: string, visibilityTimeoutMs: number): Promise<void> {
    checkVisibility(visibilityTimeoutMs);
    const command = new ChangeMessageVisibilityCommand({
      QueueUrl: this.#queueUrl,
      ReceiptHandle: receipt,
      VisibilityTimeout: wholeSeconds(visibilityTimeoutMs),
    });
    await unlessStaleReceipt(this.#client.send(command));
  }

  async delete(receipt: string): Promise<void> {
    const command = new DeleteMessageCommand({ QueueUrl: this.#queueUrl, ReceiptHandle: receipt });
    await unlessStaleReceipt(this.#client.send(command));
  }

  async depth(): Promise<QueueDepth> {
    const { Attributes = {} } = await this.#client.send(
      new GetQueueAttributesCommand({
        QueueUrl: this.#queueUrl,
        AttributeNames: [
          'ApproximateNumberOfMessages',
          'ApproximateNumberOfMessagesNotVisible',
          'ApproximateNumberOfMessagesDelayed',
        ],
      }),
    );
    return {
      visible: Number(Attributes['ApproximateNumberOfMessages'] ?? 0),
      inFlight: Number(Attributes['ApproximateNumberOfMessagesNotVisible'] ?? 0),
      delayed: Number(Attributes['ApproximateNumberOfMessagesDelayed'] ?? 0),
    };
  }

  #deliveryOf({ Body = '', ReceiptHandle = '', Attributes, MessageId }: Message): Delivery<T> | undefined {
    try {
      const receiveCount = Number(Attributes?.ApproximateReceiveCount ?? 1);
      return { message: JSON.parse(Body) as T, receipt: ReceiptHandle, receiveCount };
    } catch (error) {
      this.#log?.warn('A queue message is not JSON; left for the dead-letter queue', { messageId: MessageId, error });
      return undefined;
    }
  }
}

/** SQS refuses some characters that JSON allows unescaped; escaped they are plain ASCII. */
function asciiJson(message: JsonValue): string {
  return JSON.stringify(message).replace(
    /[^\x20-\x7e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function wholeSeconds(ms: number): number {
  return Math.ceil(ms / 1000);
}

/**
 * The ways SQS says that a receipt is not current: not in flight any more, from an earlier delivery, or not a receipt.
 * A request that is wrong in another parameter fails with InvalidParameterValue too, hence the look at the message.
 */
async function unlessStaleReceipt(call: Promise<unknown>): Promise<void> {
  try {
    await call;
  } catch (error) {
    const { name, message } = error as Error;
    if (name === 'MessageNotInflight' || name === 'ReceiptHandleIsInvalid') return;
    if (name === 'InvalidParameterValue' && /receipt ?handle/i.test(message)) return;
    throw error;
  }
}
