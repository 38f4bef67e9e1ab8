/** The entry of the bundle: the page has loaded (modules are deferred), so its elements are there. */
import { startShell } from './shell.js';

const main = document.getElementById('main');
const signOut = document.getElementById('sign-out');
if (main && signOut) startShell(main, signOut);
