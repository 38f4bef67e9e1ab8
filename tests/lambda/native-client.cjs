/**
 * Preload (`node -r`) for AWS's Node runtime interface client: supplies, in JavaScript, the transport that it otherwise
 * compiles from C++ at install time. Same three calls over the same HTTP API; everything above it is AWS's own code.
 * CommonJS, because it replaces what a `require` resolves to.
 */
const http = require('node:http');
const Module = require('node:module');

const [hostname, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(':');
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });

function call(method, path, body, headers) {
  return new Promise((resolve, reject) => {
    const request = http.request(
      { hostname, port, method, agent, headers, path: `/2018-06-01/runtime/${path}` },
      (response) => {
        const chunks = [];
        response.on('data', (chunk) => chunks.push(chunk));
        response.on('end', () => resolve({ bodyJson: Buffer.concat(chunks).toString(), headers: response.headers }));
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}

function post(path, body, headers) {
  call('POST', path, body, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    ...headers,
  });
}

module.exports = {
  initializeClient() {},
  next: () => call('GET', 'invocation/next'),
  done: (id, body) => post(`invocation/${id}/response`, body),
  error: (id, body, xray) => post(`invocation/${id}/error`, body, { 'lambda-runtime-function-xray-error-cause': xray }),
};

const resolveFilename = Module._resolveFilename;
Module._resolveFilename = function (request, ...rest) {
  return request.endsWith('rapid-client.node') ? __filename : resolveFilename.call(this, request, ...rest);
};
