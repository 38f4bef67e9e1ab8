/**
 * A throw-away workspace around one fixture: the rooms of the repository with their real manifests but empty sources,
 * linked as npm would link them, so that a fixture's imports resolve exactly as they would in the house.
 */
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { REPOSITORY_ROOT, type Room, rooms } from './rooms.js';

export const FIXTURES_FOLDER = fileURLToPath(new URL('./fixtures', import.meta.url));
const STAND_INS = ['@aws-sdk/client-s3', '@tensorflow/tfjs', 'fastify', 'onnxruntime-node', 'typebox', 'vitest'];
const EMPTY_MODULE = 'export {};\n';

export interface FixtureWorkspace extends Disposable {
  root: string;
}

export function fixtureWorkspace(rule: string): FixtureWorkspace {
  const root = mkdtempSync(join(tmpdir(), `preheat-${rule}-`));
  cpSync(join(FIXTURES_FOLDER, rule), root, { recursive: true });
  for (const room of rooms()) placeRoom(root, room);
  for (const name of STAND_INS) {
    write(join(root, 'node_modules', name, 'package.json'), JSON.stringify({ name, main: 'index.js' }));
    write(join(root, 'node_modules', name, 'index.js'), EMPTY_MODULE);
  }
  return { root, [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }) };
}

function placeRoom(root: string, room: Room): void {
  const folder = join(root, room.folder);
  mkdirSync(folder, { recursive: true });
  cpSync(join(REPOSITORY_ROOT, room.folder, 'package.json'), join(folder, 'package.json'));
  for (const source of room.sources) {
    const path = join(folder, source);
    if (!existsSync(path)) write(path, EMPTY_MODULE);
  }
  const link = join(root, 'node_modules', room.name);
  mkdirSync(dirname(link), { recursive: true });
  symlinkSync(folder, link, 'dir');
}

function write(path: string, content: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}
