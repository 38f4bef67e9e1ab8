/**
 * The one public address. It exists before the functions behind it, so they can be told their own URL, and it sends the
 * paths that need a model to the inference function.
 * No origin access control: it signs requests with the Authorization header, which carries the caller's API key.
 * Each function checks that key itself, so its own URL grants nothing more.
 */
export const edge = new sst.aws.Router('Edge');
