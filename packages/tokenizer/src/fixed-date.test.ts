import { expect, it, vi } from 'vitest';

it('writes the parts of the date as English does, without asking Intl for them', async () => {
  const formats = vi.spyOn(Intl, 'DateTimeFormat');
  const { fixedDate } = await import('./fixed-date.js');
  const written = fixedDate('%a %A %b %B %d %m %y %Y');
  expect(formats).not.toHaveBeenCalled();
  formats.mockRestore();
  const date = new Date(Date.UTC(2024, 6, 26));
  const part = (options: Intl.DateTimeFormatOptions) => date.toLocaleString('en-US', { timeZone: 'UTC', ...options });
  const names = [{ weekday: 'short' }, { weekday: 'long' }, { month: 'short' }, { month: 'long' }] as const;
  const numbers = [{ day: '2-digit' }, { month: '2-digit' }, { year: '2-digit' }, { year: 'numeric' }] as const;
  expect(written).toBe([...names, ...numbers].map(part).join(' '));
});
