/** What an area is made of. */
import type { ApiContext } from '../api-context.js';
import type { App } from '../app-type.js';

/** Registers the routes of an area below /v1. */
export type AddRoutes = (v1: App, context: ApiContext) => void | Promise<void>;
