/** A bundle on a real S3 wire that is out of order for a while. */
import { S3ObjectStore } from '@preheat/adapters/aws';
import { createResources, partProxy, startMoto, WIRE_ACCESS } from '@preheat/adapters/wire-servers';
import { afterAll, describe, expect, it } from 'vitest';
import { openBundle } from './open-bundle.js';
import { publishBundle } from './publish-bundle.js';

const PREFIX = 'jobs/j1/attempts/1/step-10';
/** The least that S3 takes. */
const PART_BYTES = 5 * 2 ** 20;
/** What the SDK tries of one request. */
const ATTEMPTS_OF_SDK = 3;

const moto = await startMoto();
afterAll(() => moto?.stop());

describe.skipIf(moto === undefined)('a blob of several parts', () => {
  it('is published although one part is refused until the client gives up, and each part is sent once', async () => {
    const server = moto ?? { endpoint: '', stop: async () => undefined };
    const { bucket } = await createResources(server);
    let refused = 0;
    const proxy = await partProxy(server.endpoint, (part) => part === '2' && ++refused <= ATTEMPTS_OF_SDK);
    const store = new S3ObjectStore({ ...WIRE_ACCESS, endpoint: proxy.endpoint, bucket, partBytes: PART_BYTES });
    const weights = new Uint8Array(3 * PART_BYTES + 5).map((_, i) => i % 251);
    await publishBundle(store, PREFIX, new Map([['model.safetensors', weights]]));
    expect(refused).toBe(ATTEMPTS_OF_SDK + 1);
    expect(proxy.partsSent()).toEqual(['1', '2', '3', '4']);
    const stored = await (await openBundle(store, PREFIX)).read('model.safetensors');
    expect(Buffer.compare(stored, weights)).toBe(0);
    store.close();
    await proxy.stop();
  });
});
