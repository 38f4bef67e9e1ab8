/**
 * A process that streams the beginning of an object to S3 and then waits for ever, to be killed in the middle:
 * stuck-upload <endpoint> <bucket> <key> <bytes> <bytes of a part>
 */
import { S3ObjectStore } from '../s3-object-store.js';
import { WIRE_ACCESS } from '../wire-servers/index.js';

const [endpoint = '', bucket = '', key = '', bytes = '0', part = '0'] = process.argv.slice(2);
const store = new S3ObjectStore({ ...WIRE_ACCESS, endpoint, bucket, partBytes: Number(part) });

async function* beginning(): AsyncGenerator<Uint8Array> {
  yield new Uint8Array(Number(bytes)).map((_, i) => i % 251);
  await new Promise((resolve) => setTimeout(resolve, 600_000));
}

await store.putStream(key, beginning(), { condition: { kind: 'absent' } });
