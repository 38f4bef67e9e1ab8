/**
 * Whether ONNX Runtime's CUDA provider is installed. The npm package has it only for Linux on x64, and only where its
 * install script was allowed to fetch it; asking for it elsewhere prints a stack of errors, so it is looked for first.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const LIBRARY = 'libonnxruntime_providers_cuda.so';

/** Why sessions with the provider `cuda` cannot be made, or undefined when the library for it is there. */
export function missingCudaProvider(): string | undefined {
  const { platform, arch } = process;
  if (platform !== 'linux' || arch !== 'x64') return `ONNX Runtime has no CUDA provider for ${platform}/${arch}`;
  const installed = dirname(dirname(createRequire(import.meta.url).resolve('onnxruntime-node')));
  const folder = join(installed, 'bin', 'napi-v6', platform, arch);
  if (existsSync(join(folder, LIBRARY))) return undefined;
  return `onnxruntime-node is installed without its CUDA provider (no ${LIBRARY}; see docs/gpu.md)`;
}
