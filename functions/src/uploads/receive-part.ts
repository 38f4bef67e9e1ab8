/** Reads the multipart form of a part: one file in the field `data`, streamed on as it comes. */
import { ApiError } from '@preheat/contracts';
import type { FastifyRequest } from 'fastify';
import { drain, toUploadError } from '../files/receive-upload.js';

const MAX_FIELDS = 4;

/** @throws ApiError for a form without exactly one `data`; whatever `take` throws passes. */
export async function receivePart<T>(
  request: FastifyRequest,
  maxBytes: number,
  take: (content: AsyncIterable<Uint8Array>) => Promise<T>,
): Promise<T> {
  let taken: { readonly result: T } | undefined;
  try {
    // One byte more than allowed shows that the part is too large.
    const limits = { fileSize: maxBytes + 1, files: 1, fields: MAX_FIELDS };
    for await (const part of request.parts({ limits })) {
      if (part.type === 'file' && part.fieldname === 'data') taken = { result: await take(part.file) };
      else throw new ApiError('invalid_request', `'${part.fieldname}' is not a field of a part.`, { param: 'data' });
    }
  } catch (error) {
    drain(request);
    throw toUploadError(error);
  }
  if (taken) return taken.result;
  throw new ApiError('invalid_request', "The form needs a 'data' field with the bytes of the part.", { param: 'data' });
}
