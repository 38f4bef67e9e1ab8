/** Types of generate.mjs, for the test that proves the generated file fresh. */
/** The text of src/generated/wire.ts. */
export function wireTypes(): Promise<string>;
