import { describe, expect, it } from "@jest/globals";
import { isPublicAddress } from "#shared/outbound/public-address";

describe("A network that is not of the open internet", () => {
  // The last address before it, its first and its last, and the first address after it.
  it.each([
    ["this network", undefined, "0.0.0.0", "0.255.255.255", "1.0.0.0"],
    ["private, class A", "9.255.255.255", "10.0.0.0", "10.255.255.255", "11.0.0.0"],
    ["carriers' NAT", "100.63.255.255", "100.64.0.0", "100.127.255.255", "100.128.0.0"],
    ["loopback", "126.255.255.255", "127.0.0.0", "127.255.255.255", "128.0.0.0"],
    ["link local", "169.253.255.255", "169.254.0.0", "169.254.255.255", "169.255.0.0"],
    [
      "the host of a machine at Azure",
      "168.63.129.15",
      "168.63.129.16",
      "168.63.129.16",
      "168.63.129.17",
    ],
    ["private, class B", "172.15.255.255", "172.16.0.0", "172.31.255.255", "172.32.0.0"],
    ["IETF protocols", "191.255.255.255", "192.0.0.0", "192.0.0.255", "192.0.1.0"],
    ["documentation 1", "192.0.1.255", "192.0.2.0", "192.0.2.255", "192.0.3.0"],
    ["6to4 relays", "192.88.98.255", "192.88.99.0", "192.88.99.255", "192.88.100.0"],
    ["private, class C", "192.167.255.255", "192.168.0.0", "192.168.255.255", "192.169.0.0"],
    ["benchmarks", "198.17.255.255", "198.18.0.0", "198.19.255.255", "198.20.0.0"],
    ["documentation 2", "198.51.99.255", "198.51.100.0", "198.51.100.255", "198.51.101.0"],
    ["documentation 3", "203.0.112.255", "203.0.113.0", "203.0.113.255", "203.0.114.0"],
    ["multicast and class E", "223.255.255.255", "224.0.0.0", "255.255.255.255", undefined],
    ["what is not global in IPv6", undefined, "::", "1fff:ffff::ffff", "2000::"],
    ["IETF protocols in IPv6", "2000:ffff::ffff", "2001::", "2001:1ff:ffff::ffff", "2001:200::"],
    ["documentation in IPv6", "2001:db7:ffff::1", "2001:db8::", "2001:db8:ffff::1", "2001:db9::"],
    ["6to4", "2001:ffff::1", "2002::", "2002:ffff::1", "2003::"],
    ["documentation 2 in IPv6", "3ffe:ffff::1", "3fff::", "3fff:fff:ffff::1", "3fff:1000::"],
    ["local in IPv6", "3fff:ffff::1", "4000::", "ffff:ffff::ffff", undefined],
  ])("is left out whole, and only it: %s", (_, before, first, last, after) => {
    const neighbours = [before, after].filter((address) => address !== undefined);
    expect(neighbours.filter((address) => !isPublicAddress(address))).toEqual([]);
    expect([first, last].filter(isPublicAddress)).toEqual([]);
  });

  it.each(["2606:4700::1111%eth0", "example.com", "1.1.1", "", "1.1.1.1/32"])(
    "includes what is no address of it: %j",
    (address) => {
      expect(isPublicAddress(address)).toBe(false);
    },
  );
});
