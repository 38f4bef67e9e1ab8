/** Where a model is tried out. */
export const playgroundHref = (model: string): string => `#/playground/${encodeURIComponent(model)}`;
