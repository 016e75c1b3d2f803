import { BlockList, isIP } from "node:net";

// Two lists: a list with `::ffff:0:0/96` in it answers "blocked" for every IPv4 address.
const blockedV4 = new BlockList();
const globalV6 = new BlockList();
const blockedV6 = new BlockList();

// https://www.iana.org/assignments/iana-ipv4-special-registry, multicast and the former class E; and where a machine at
// Azure reaches its host, which gives it its settings.
for (const [network, prefix] of [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["168.63.129.16", 32],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
] as const) {
  blockedV4.addSubnet(network, prefix, "ipv4");
}

// Only 2000::/3 is global unicast; the rest (loopback, mapped and translated IPv4, unique and link local) never is.
// https://www.iana.org/assignments/iana-ipv6-special-registry
globalV6.addSubnet("2000::", 3, "ipv6");
for (const [network, prefix] of [
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["3fff::", 20],
] as const) {
  blockedV6.addSubnet(network, prefix, "ipv6");
}

/** Says whether an IP address is one of the open internet; false for whatever is no IP address. */
export function isPublicAddress(address: string): boolean {
  switch (isIP(address)) {
    case 4:
      return !blockedV4.check(address, "ipv4");
    case 6:
      // An address with a zone (`fe80::1%eth0`) is local to a link.
      return (
        !address.includes("%") &&
        globalV6.check(address, "ipv6") &&
        !blockedV6.check(address, "ipv6")
      );
    default:
      return false;
  }
}
