// The part of the WebAssembly JavaScript interface that is used here. The language's own type library declares it only
// together with the browser's, which code for Node should not see.

export interface WasmMemory {
  /** Shared, so that worker threads read parameters from it and write gradients into it. */
  readonly buffer: SharedArrayBuffer;
}

interface WasmInstance {
  readonly exports: unknown;
}

interface WebAssemblyInterface {
  readonly Memory: new (descriptor: {
    readonly initial: number;
    readonly maximum: number;
    readonly shared: true;
  }) => WasmMemory;
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  readonly Instance: new (module: object, imports: { readonly env: { readonly memory: WasmMemory } }) => WasmInstance;
}

export const webAssembly = (globalThis as unknown as { readonly WebAssembly: WebAssemblyInterface }).WebAssembly;
