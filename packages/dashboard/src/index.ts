/** The shell of the dashboard, for embedding it in another page; the built site is `@preheat/dashboard/site/index.html`. */
export { startShell } from './shell.js';
