/** A server on loopback that speaks an AWS wire protocol, started and stopped by a test. */
export interface WireServer {
  /** `http://127.0.0.1:<port>` */
  readonly endpoint: string;
  stop(): Promise<void>;
}

/** What the servers accept, together with their endpoint: they check no signature. */
export const WIRE_ACCESS = {
  region: 'us-east-1',
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
} as const;
