/**
 * How connections to addresses of callers look a name up: every address it has must be public, and the connection goes to
 * the very addresses that were checked, so a name cannot point elsewhere between check and use.
 */
import { lookup as lookUpName, type LookupAddress, type LookupAllOptions } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { isPublicAddress } from './public-address.js';

/** The signature of `dns.lookup` for all addresses of a name. */
export type Resolve = (
  hostname: string,
  options: LookupAllOptions,
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

export class PrivateAddressError extends Error {
  override readonly name = 'PrivateAddressError';
}

/** A name with one private address among public ones is refused as a whole: the system might pick that one. */
export function publicLookup(resolve: Resolve = lookUpName): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, found: LookupAddress[]) => {
      if (error) return callback(error, '', 4);
      const hidden = found.find(({ address }) => !isPublicAddress(address));
      const [first] = found;
      if (hidden || !first) return callback(new PrivateAddressError(`${hostname} has a private address`), '', 4);
      if (options.all === true) return callback(null, found);
      return callback(null, first.address, first.family);
    });
  };
}

export { isPublicAddress };
