/**
 * A 32-bit hash that never changes between versions, machines or runs. Published splits and orders depend on it:
 * changing it moves test words into training.
 */

/** FNV-1a over UTF-16 code units, finished with MurmurHash3's mixer so that short strings also fill the high bits. */
export function stableHash(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
