/** Schema of OpenAI's error body: all four keys, always. */
import { Nullable } from '@preheat/contracts';
import Type from 'typebox';

export const ErrorBodySchema = Type.Object({
  error: Type.Object({
    message: Type.String(),
    type: Type.String(),
    /** Dotted path of the field at fault. */
    param: Nullable(Type.String()),
    code: Nullable(Type.String()),
  }),
});
