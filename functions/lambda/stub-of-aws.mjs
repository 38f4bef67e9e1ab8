/** An empty bucket and queues that take everything, as far as their clients notice: enough to run the code of the clients. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';

const XML = '<?xml version="1.0" encoding="UTF-8"?>';

export async function startStubOfAws() {
  const server = createServer((request, response) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => answer(request, response, Buffer.concat(chunks)));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${server.address().port}`;
  const environment = {
    PREHEAT_STORE: 'aws',
    AWS_REGION: 'us-east-1',
    AWS_ENDPOINT_URL: url,
    PREHEAT_BUCKET: 'rehearsal',
    PREHEAT_QUEUE_URL: `${url}/000000000000/work`,
    PREHEAT_EVALUATION_QUEUE_URL: `${url}/000000000000/evaluations`,
  };
  // As Lambda gives them: the clients look there first.
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'rehearsal', AWS_SECRET_ACCESS_KEY: 'rehearsal' });
  return { environment, close: () => server.closeAllConnections() };
}

function answer({ method, url, headers }, response, body) {
  if (headers['x-amz-target']) return answerQueue(response, body);
  if (method === 'PUT' || method === 'DELETE') return response.writeHead(200, { etag: '"0"' }).end();
  response.setHeader('content-type', 'application/xml');
  if (url.includes('list-type=2')) {
    response.end(
      `${XML}<ListBucketResult><Name>rehearsal</Name><KeyCount>0</KeyCount><IsTruncated>false</IsTruncated></ListBucketResult>`,
    );
  } else response.writeHead(404).end(`${XML}<Error><Code>NoSuchKey</Code><Message>none</Message></Error>`);
}

function answerQueue(response, body) {
  const { MessageBody = '' } = JSON.parse(body.toString());
  const MD5OfMessageBody = createHash('md5').update(MessageBody).digest('hex');
  response.setHeader('content-type', 'application/x-amz-json-1.0');
  response.end(JSON.stringify({ MessageId: '0', MD5OfMessageBody }));
}
