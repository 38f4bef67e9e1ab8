/**
 * `fetch` of this platform, with no time-out beside the client's own. Node's gives up after five minutes without headers, which
 * is less than an import of a large model takes; it lets each request say otherwise, whatever proxy or certificates it goes by.
 */
interface Dispatcher {
  dispatch(options: object, handler: unknown): boolean;
}

/** Where Node keeps what sends the requests of `fetch`. Other platforms have nothing there. */
const NODE_DISPATCHER = Symbol.for('undici.globalDispatcher.1');

/** Bound: browsers refuse a fetch that is called as a method of something else. */
export const platformFetch: typeof fetch = (input, init) => {
  // Node makes the dispatcher with the first use of anything of fetch.
  void globalThis.Response;
  const dispatcher = (globalThis as { [NODE_DISPATCHER]?: Dispatcher })[NODE_DISPATCHER];
  return globalThis.fetch(input, dispatcher === undefined ? init : patiently(dispatcher, init));
};

function patiently(dispatcher: Dispatcher, init: RequestInit | undefined): RequestInit {
  const dispatch: Dispatcher['dispatch'] = (options, handler) =>
    dispatcher.dispatch({ ...options, headersTimeout: 0 }, handler);
  return { ...init, dispatcher: { dispatch } } as RequestInit;
}
