/** The text of src/generated/wire.ts. */
export function wireTypes(): Promise<string>;
