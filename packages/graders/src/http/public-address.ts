/**
 * Which addresses belong to the public internet (IANA's special-purpose registries, RFC 6890). Everything else may be this
 * machine, its network or its cloud's metadata service, which a caller's request must never reach.
 */
import { BlockList, isIP } from 'node:net';

const SPECIAL_IPV4 = [
  '0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24',
  '192.31.196.0/24 192.52.193.0/24 192.88.99.0/24 192.168.0.0/16 192.175.48.0/24 198.18.0.0/15 198.51.100.0/24',
  '203.0.113.0/24 224.0.0.0/4 240.0.0.0/4',
].join(' ');
/** Within the global unicast range: tunnels (which carry an IPv4 address inside), documentation and benchmarks. */
const SPECIAL_IPV6 = '2001::/23 2001:db8::/32 2002::/16 3fff::/20';

const special = new BlockList();
for (const [family, ranges] of [
  ['ipv4', SPECIAL_IPV4],
  ['ipv6', SPECIAL_IPV6],
] as const) {
  for (const range of ranges.split(' ')) {
    const [network = '', prefix] = range.split('/');
    special.addSubnet(network, Number(prefix), family);
  }
}
const globalUnicast = new BlockList();
globalUnicast.addSubnet('2000::', 3, 'ipv6');

/** False for anything that is no address. */
export function isPublicAddress(address: string): boolean {
  const version = isIP(address);
  if (version === 4) return !special.check(address, 'ipv4');
  return version === 6 && globalUnicast.check(address, 'ipv6') && !special.check(address, 'ipv6');
}
