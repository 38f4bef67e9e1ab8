/**
 * Reads the multipart form of an upload. The JS client sends the file first and Python the fields first, so the content
 * is staged as it comes and nothing is decided before the last field is in.
 */
import type { MultipartFile, MultipartValue } from '@fastify/multipart';
import { ApiError, ExpiresAfter, OneOf, UPLOAD_PURPOSES } from '@preheat/contracts';
import type { FastifyRequest } from 'fastify';
import qs from 'qs';
import Type, { type Static } from 'typebox';
import { Convert } from 'typebox/value';
import { explain } from '../validation/explain.js';
import { invalidRequest } from '../validation/validator-compiler.js';
import type { FileLibrary, StagedContent } from './file-library.js';

export const UploadFields = Type.Object({
  purpose: OneOf(UPLOAD_PURPOSES),
  expires_after: Type.Optional(ExpiresAfter),
});
export type UploadFields = Static<typeof UploadFields>;

export interface Upload {
  readonly staged: StagedContent;
  readonly filename: string;
  readonly fields: UploadFields;
}

const MAX_FIELDS = 16;
const MAX_FIELD_BYTES = 1024;

/** @throws ApiError naming the missing or wrong field; nothing stays staged then. */
export async function receiveUpload(request: FastifyRequest, files: FileLibrary, maxBytes: number): Promise<Upload> {
  const received: { staged?: StagedContent; filename?: string; fields: Record<string, string> } = { fields: {} };
  try {
    // One byte more than allowed shows that the file is too large.
    const limits = { fileSize: maxBytes + 1, files: 1, fields: MAX_FIELDS, fieldSize: MAX_FIELD_BYTES };
    for await (const part of request.parts({ limits })) {
      if (part.type === 'field') received.fields[part.fieldname] = textOf(part);
      else {
        received.filename = fileNameOf(part);
        received.staged = await files.stage(request.projectId, part.file, maxBytes);
      }
    }
    return complete(received);
  } catch (error) {
    if (received.staged) await files.discard(request.projectId, received.staged);
    drain(request);
    throw toUploadError(error);
  }
}

function complete(received: { staged?: StagedContent; filename?: string; fields: Record<string, string> }): Upload {
  const fields = Convert(UploadFields, qs.parse(new URLSearchParams(received.fields).toString()));
  const problem = explain(UploadFields, fields);
  if (problem) throw invalidRequest(problem, 'form');
  if (!received.staged || received.filename === undefined) {
    throw new ApiError('invalid_request', "The form needs a 'file' field with a filename.", { param: 'file' });
  }
  return { staged: received.staged, filename: received.filename, fields: fields as UploadFields };
}

function textOf(part: MultipartValue): string {
  if (part.valueTruncated || typeof part.value !== 'string') {
    throw new ApiError('invalid_request', `The form field '${part.fieldname}' is too long.`, { param: part.fieldname });
  }
  return part.value;
}

function fileNameOf(part: MultipartFile): string {
  const name = part.filename?.split(/[\\/]/).pop() ?? '';
  if (part.fieldname === 'file' && name.length > 0 && name.length <= 255) return name;
  const message = `The file must be in the form field 'file' with a filename of 1 to 255 characters.`;
  throw new ApiError('invalid_request', message, { param: 'file' });
}

/** Reads the rest of a refused body, so that the client gets its answer instead of a broken pipe. */
export function drain(request: FastifyRequest): void {
  request.raw.unpipe();
  request.raw.resume();
}

/** Malformed multipart bodies come as plain errors of the parser. */
export function toUploadError(error: unknown): unknown {
  const isFromParser = error instanceof Error && /multipart|Malformed|Part terminated|boundary/i.test(error.message);
  if (error instanceof ApiError || !isFromParser) return error;
  if ((error as { statusCode?: number }).statusCode !== undefined) return error;
  return new ApiError('invalid_request', `The multipart form is malformed: ${error.message}.`, { param: 'file' });
}
