/** What every part of the safetensors code throws for a file that cannot be read or written as asked. */

/** The file is not valid safetensors, or holds something that cannot be used; the message names tensor and fault. */
export class SafetensorsError extends Error {
  override readonly name = 'SafetensorsError';
}

export function fail(message: string): never {
  throw new SafetensorsError(`safetensors: ${message}`);
}

/** A tensor's name for a message; names come from files and may be anything. */
export function quote(name: string): string {
  return JSON.stringify(name.length > 200 ? `${name.slice(0, 200)}…` : name);
}
