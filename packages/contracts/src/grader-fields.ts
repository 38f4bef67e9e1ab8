/** Fields that graders of several types have. */
import Type from 'typebox';

export const GraderName = Type.String({ minLength: 1, maxLength: 256 });
/** Text with placeholders such as `{{ item.answer }}` or `{{sample.output_text}}`. */
export const Template = Type.String({ maxLength: 65_536 });
/** Read by evals only: the score from which an item passes. */
export const PassThreshold = Type.Optional(Type.Number({ minimum: -1e9, maximum: 1e9 }));
