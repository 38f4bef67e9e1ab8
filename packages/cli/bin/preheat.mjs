#!/usr/bin/env node
/** The `preheat` command. A file that needs no build, so that npm can link it before one. */
import '../dist/main.js';
