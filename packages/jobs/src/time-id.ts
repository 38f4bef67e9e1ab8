/** Ids that carry their time: `<prefix><time><unique>`, letters and digits after the prefix. */

export const TIME_DIGITS = 9;

/** The id of something that is one with what has the `unique` part, and was made then. */
export const timeIdOf = (prefix: string, createdAtMs: number, unique: string): string =>
  `${prefix}${createdAtMs.toString(36).padStart(TIME_DIGITS, '0')}${unique}`;
