import { expect, it } from 'vitest';
import { type MemoryReading, PeakMemory, processMemory } from './peak-memory.js';

it('is the highest moment of a phase below an earlier peak, and the exact peak above it', () => {
  let now: MemoryReading = { residentBytes: 50, highestBytes: 100 };
  const peak = new PeakMemory(() => now);
  expect(peak.read()).toBe(50);
  now = { residentBytes: 70, highestBytes: 100 };
  expect(peak.read()).toBe(70);
  now = { residentBytes: 60, highestBytes: 100 };
  expect(peak.read()).toBe(70);
  // Between two readings it was higher than ever.
  now = { residentBytes: 65, highestBytes: 130 };
  expect(peak.read()).toBe(130);
  now = { residentBytes: 10, highestBytes: 130 };
  expect(peak.read()).toBe(130);
});

it('reads bytes of this process', () => {
  const { residentBytes, highestBytes } = processMemory();
  expect(residentBytes).toBeGreaterThan(10 * 2 ** 20);
  expect(highestBytes).toBeGreaterThan(0.5 * residentBytes);
});
