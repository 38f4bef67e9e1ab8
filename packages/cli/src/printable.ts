/** Text that somebody else wrote, for one line of a terminal: line breaks and escape sequences in it must not act. */
export const printable = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  text.replaceAll('\n', '\\n').replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, '\ufffd');
