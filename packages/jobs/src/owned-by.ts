/**
 * The one place that decides whether a project may see a document. Everything that is not kept under the project's own keys
 * goes through here on its way out, and what is not owned is indistinguishable from what does not exist.
 */

/** The document if it is the project's, otherwise undefined. */
export function ownedBy<D extends { readonly projectId: string }>(
  projectId: string,
  document: D | undefined,
): D | undefined {
  // A request without a project owns nothing, whatever a damaged document says.
  return document !== undefined && projectId !== '' && document.projectId === projectId ? document : undefined;
}
