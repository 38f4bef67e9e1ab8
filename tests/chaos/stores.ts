/** Where the platform of a chaos run keeps its state, as environment variables, and how that is opened and closed. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createResources, startFauxqs, startMoto, WIRE_ACCESS } from '@preheat/adapters/wire-servers';

export const STORE_NAMES = ['filesystem', 'moto', 'moto+fauxqs'] as const;
export type StoreName = (typeof STORE_NAMES)[number];

export interface ChaosStore {
  readonly name: StoreName;
  readonly env: Record<string, string>;
  close(): Promise<void>;
}

/** Undefined when its server is not installed. */
export async function openStore(name: StoreName): Promise<ChaosStore | undefined> {
  if (name === 'filesystem') return openDirectory();
  const moto = await startMoto();
  if (!moto) return undefined;
  const fauxqs = name === 'moto+fauxqs' ? await startFauxqs() : undefined;
  const { bucket, jobQueueUrl, evaluationQueueUrl } = await createResources(moto, fauxqs ?? moto);
  const env = {
    PREHEAT_STORE: 'aws',
    PREHEAT_BUCKET: bucket,
    PREHEAT_QUEUE_URL: jobQueueUrl,
    PREHEAT_EVALUATION_QUEUE_URL: evaluationQueueUrl,
    AWS_ENDPOINT_URL: moto.endpoint,
    ...(fauxqs ? { AWS_ENDPOINT_URL_SQS: fauxqs.endpoint } : {}),
    AWS_REGION: WIRE_ACCESS.region,
    AWS_ACCESS_KEY_ID: WIRE_ACCESS.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: WIRE_ACCESS.credentials.secretAccessKey,
  };
  const close = async (): Promise<void> => {
    await moto.stop();
    await fauxqs?.stop();
  };
  return { name, env, close };
}

async function openDirectory(): Promise<ChaosStore> {
  const folder = await mkdtemp(join(tmpdir(), 'preheat-chaos-store-'));
  const env = { PREHEAT_STORE: 'filesystem', PREHEAT_DATA_DIR: folder };
  return { name: 'filesystem', env, close: () => rm(folder, { recursive: true, force: true }) };
}
