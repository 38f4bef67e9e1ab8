import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { listSupportedBackends } from 'onnxruntime-node';
import { expect, it } from 'vitest';
import { missingCudaProvider } from './cuda-provider.js';

it('says that the provider is missing exactly when its library is nowhere in the package', () => {
  const bin = join(dirname(dirname(createRequire(import.meta.url).resolve('onnxruntime-node'))), 'bin');
  const files = readdirSync(bin, { recursive: true, encoding: 'utf8' });
  const isThere = files.some((file) => file.endsWith('libonnxruntime_providers_cuda.so'));
  expect(missingCudaProvider() === undefined).toBe(isThere);
});

it('looks for a provider that this build of ONNX Runtime can load', () => {
  const names = listSupportedBackends().map(({ name }) => name);
  expect(names.includes('cuda')).toBe(process.platform === 'linux' && process.arch === 'x64');
});
