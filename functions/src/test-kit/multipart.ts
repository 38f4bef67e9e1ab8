/** Multipart bodies as clients send them, with the order of the fields in the test's hand. */
export type FormPart = { field: string; value: string } | { field: string; filename: string; content: string | Buffer };

const BOUNDARY = 'x-preheat-boundary';

export function multipartBody(parts: readonly FormPart[]): { payload: Buffer; headers: Record<string, string> } {
  const pieces: (string | Buffer)[] = [];
  for (const part of parts) {
    pieces.push(`--${BOUNDARY}\r\ncontent-disposition: form-data; name="${part.field}"`);
    if ('filename' in part) {
      pieces.push(
        `; filename="${part.filename}"\r\ncontent-type: application/octet-stream\r\n\r\n`,
        part.content,
        '\r\n',
      );
    } else pieces.push('\r\n\r\n', part.value, '\r\n');
  }
  pieces.push(`--${BOUNDARY}--\r\n`);
  const payload = Buffer.concat(pieces.map((piece) => (typeof piece === 'string' ? Buffer.from(piece) : piece)));
  return { payload, headers: { 'content-type': `multipart/form-data; boundary=${BOUNDARY}` } };
}
