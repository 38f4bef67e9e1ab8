/** A time for people, in whole seconds: `2030-01-01T00:00:30Z`. */
export const utcText = (ms: number): string => new Date(1000 * Math.ceil(ms / 1000)).toISOString().replace('.000', '');
