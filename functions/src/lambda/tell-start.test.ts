import { expect, it } from 'vitest';
import { type ApiUnderTest, recordingLog } from '../test-kit/api-under-test.js';
import { tellUncompiled } from './tell-start.js';

it.each([
  ['refused', ['warn']],
  ['taken', []],
  [undefined, []],
] as const)('says of areas whose compiled code is %s', (outcome, levels) => {
  const logged: ApiUnderTest['logged'] = [];
  tellUncompiled(recordingLog(logged), ['jobs'], outcome && (() => outcome));
  expect(logged.map(({ level }) => level)).toEqual(levels);
  for (const { fields } of logged) expect(fields).toEqual({ areas: ['jobs'], compiledCode: outcome });
});
