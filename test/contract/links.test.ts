import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { languages } from "#lib/sdk/languages";

const rooms = ["bin", "functions", "lib", "shared", "test"];
const pages = [
  "README.md",
  ...rooms.flatMap((room) =>
    readdirSync(room, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".md"))
      .map((name) => join(room, name)),
  ),
];

/** The names by which headings of a page are linked to, as GitHub makes them. */
const anchorsOf = (text: string) =>
  [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );

/** A file that `npm run new:route` would write. */
const examples = ["functions/bots/archive/route.ts"];

/** The files of TypeScript that a text names in back-ticks; a name may have its last folders. */
const filesNamedIn = (text: string) =>
  [...text.matchAll(/`([\w./-]+\.ts)`/g)].map(([, name = ""]) => name);

/** What is wrong with a link of a page; undefined when it leads somewhere. */
function problemOf(page: string, link: string): string | undefined {
  const [path = "", anchor] = link.split("#");
  const target = path === "" ? page : join(dirname(page), path);
  if (!existsSync(target)) return `${page}: there is no ${link}`;
  if (anchor === undefined || anchorsOf(readFileSync(target, "utf8")).includes(anchor)) return;
  return `${page}: ${target} has no heading ${anchor}`;
}

describe("A link of a README", () => {
  it("leads to a file of the checkout, and to a heading that is there", () => {
    const links = pages.flatMap((page) =>
      [...readFileSync(page, "utf8").matchAll(/\]\(([^)\s]+)\)/g)]
        .map(([, link = ""]) => ({ page, link }))
        .filter(({ link }) => !/^[a-z]+:/.test(link)),
    );
    expect(links.length).toBeGreaterThan(20);
    expect(links.flatMap(({ page, link }) => problemOf(page, link) ?? [])).toEqual([]);
  });

  it("to an SDK gives what the server gives away, in the SDK's own README too", () => {
    const linksOf = (page: string) =>
      [...readFileSync(page, "utf8").matchAll(/\/sdks\/([^\s`]+)/g)].map(([, name = ""]) => name);
    const packed = languages.map((language) => language.packed);
    const own = languages.map(({ name }) => linksOf(`lib/sdk/${name}/README.md`)[0]);
    expect(own).toEqual(packed);
    expect(packed).toEqual(expect.arrayContaining(linksOf("README.md")));
  });

  it("is found broken when file or heading is gone", () => {
    expect(problemOf("README.md", "lib/README.md#lib")).toBeUndefined();
    expect(problemOf("README.md", "lib/NOTHING.md")).toMatch("there is no");
    expect(problemOf("README.md", "lib/README.md#nothing")).toMatch("no heading nothing");
  });
});

describe("A README", () => {
  it("names files that are there", () => {
    const files = rooms.flatMap((room) =>
      readdirSync(room, { recursive: true, encoding: "utf8" }).map((name) => `/${room}/${name}`),
    );
    const isThere = (name: string) => files.some((file) => file.endsWith(`/${name}`));
    // What was decided may be about files that are gone.
    const missing = pages
      .filter((page) => page !== "lib/decisions.md")
      .flatMap((page) =>
        filesNamedIn(readFileSync(page, "utf8"))
          .filter((name) => !isThere(name) && !examples.includes(name))
          .map((name) => `${page}: ${name}`),
      );
    expect(missing).toEqual([]);
    expect(filesNamedIn("`a/b.ts` and `c.ts`, not `<noun>.ts` nor d.ts").map(isThere)).toEqual([
      false,
      false,
    ]);
  });

  it("tells of every command of `npm run`, and of no other", () => {
    const { scripts } = JSON.parse(readFileSync("package.json", "utf8")) as {
      readonly scripts: Readonly<Record<string, string>>;
    };
    const told = pages.flatMap((page) => {
      const text = readFileSync(page, "utf8");
      const run = [...text.matchAll(/\bnpm run (?:--silent )?([a-z][a-z:-]*)/g)];
      const plain = [...text.matchAll(/\bnpm (start|test)\b/g)];
      return [...run, ...plain].map(([, name = ""]) => name);
    });
    expect([...new Set(told)].toSorted()).toEqual(Object.keys(scripts).toSorted());
  });
});
