import { describe, expect, it } from "@jest/globals";
import { isPublicAddress } from "#shared/outbound/public-address";
import { urlProblem } from "#shared/outbound/url-rules";

const strict = { allowPrivate: false };
const open = { allowPrivate: true };

describe("isPublicAddress", () => {
  it.each([
    "0.0.0.0",
    "10.0.0.1",
    "100.64.0.1",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::7f00:1",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "64:ff9b::8.8.8.8",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "3fff::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "2606:4700::1111%eth0",
    "fec0::1",
    "ff02::1",
    "example.com",
    "",
  ])("refuses %s", (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });

  it.each([
    "1.1.1.1",
    "8.8.8.8",
    "93.184.216.34",
    "100.63.255.255",
    "100.128.0.0",
    "172.15.255.255",
    "172.32.0.0",
    "223.255.255.255",
    "2606:4700:4700::1111",
    "2a00:1450:4001::1",
  ])("admits %s", (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });
});

describe("urlProblem", () => {
  it.each([
    "https://example.com",
    "https://example.com:8443/hook?x=1#y",
    "HTTPS://EXAMPLE.COM/",
    "https://münchen.example/",
    "https://8.8.8.8/",
    "https://[2606:4700:4700::1111]/",
    "https://localhost.example.com/",
    "https://notlocalhost/",
  ])("finds nothing wrong with %s", (url) => {
    expect(urlProblem(url, strict)).toBeUndefined();
  });

  it.each([
    ["http://example.com/", "The URL must begin with https://."],
    ["ftp://example.com/", "The URL must begin with https://."],
    ["file:///etc/passwd", "The URL must begin with https://."],
    ["javascript:alert(1)", "The URL must begin with https://."],
    ["example.com/hook", "The URL must be complete, like https://example.com/path."],
    ["/hook", "The URL must be complete, like https://example.com/path."],
    ["", "The URL must be complete, like https://example.com/path."],
    ["https://", "The URL must be complete, like https://example.com/path."],
    ["https://256.1.1.1/", "The URL must be complete, like https://example.com/path."],
    ["https://..../x", "The URL must name a host."],
    ["https://./", "The URL must name a host."],
    ["https://me@example.com/", "The URL must not contain a user name or a password."],
    ["https://me:secret@example.com/", "The URL must not contain a user name or a password."],
    ["https://:secret@example.com/", "The URL must not contain a user name or a password."],
    [" https://example.com/", "The URL must not contain spaces or control characters."],
    ["https://exam\nple.com/", "The URL must not contain spaces or control characters."],
    ["https://example.com/\u0000", "The URL must not contain spaces or control characters."],
  ])("says what is wrong with %j", (url, problem) => {
    expect(urlProblem(url, strict)).toBe(problem);
  });

  it.each([
    "https://localhost/",
    "https://LOCALHOST:8080/",
    "https://localhost./",
    "https://api.localhost/",
    "https://ⓛocalhost/",
    "https://127.0.0.1/",
    "https://127.0.0.1./",
    "https://127.1/",
    "https://127.0.1/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.1/",
    "https://0177.0.0.1/",
    "https://017700000001/",
    "https://127%2e0%2e0%2e1/",
    "https://１２７.0.0.1/",
    "https://127。0。0。1/",
    "https://0/",
    "https://0.0.0.0/",
    "https://10.1.2.3/",
    "https://169.254.169.254/latest/meta-data/",
    "https://0xa9fea9fe/",
    "https://172.16.0.1/",
    "https://192.168.0.1/",
    "https://[::1]/",
    "https://[::]/",
    "https://[0:0:0:0:0:0:0:1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[::ffff:a9fe:a9fe]/",
    "https://[::127.0.0.1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[fd00:ec2::254]/",
    "https://[fe80::1]/",
  ])("finds the private address in %s", (url) => {
    expect(urlProblem(url, strict)).toBe(
      "The URL must not point to a private address or to this machine itself.",
    );
    expect(urlProblem(url, open)).toBeUndefined();
  });

  it("admits http where private addresses are admitted, and still nothing else", () => {
    expect(urlProblem("http://127.0.0.1:8080/", open)).toBeUndefined();
    expect(urlProblem("ftp://127.0.0.1/", open)).toBe(
      "The URL must begin with https:// or http://.",
    );
    expect(urlProblem("http://me@127.0.0.1/", open)).toBe(
      "The URL must not contain a user name or a password.",
    );
  });

  it("counts 2,048 characters as people do", () => {
    const begin = "https://example.com/";
    const rest = 2_048 - begin.length;
    expect(urlProblem(begin + "x".repeat(rest), strict)).toBeUndefined();
    expect(urlProblem(begin + "🤖".repeat(rest), strict)).toBeUndefined();
    expect(urlProblem(begin + "x".repeat(rest + 1), strict)).toBe(
      "The URL must be at most 2,048 characters long.",
    );
  });
});
