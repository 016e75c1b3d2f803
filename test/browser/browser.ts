import { type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { needProgram } from "#test/support/need-program";

/** A page, and what it has done so far that it must not do. */
export interface Opened {
  readonly page: Page;
  readonly faults: string[];
}

/** Quiet: a browser that asks nobody for updates. */
const flags = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Browsers tell pages what a policy has stopped; some of it they show nowhere else. */
const tellOfPolicy = `document.addEventListener("securitypolicyviolation", (event) =>
  console.error("The policy stops " + event.effectiveDirective + " " + event.blockedURI));`;

/** Starts Chromium with an empty profile. Throws a sentence when it is not there. */
export async function startBrowser() {
  needProgram({ command: "chromium", package: "chromium" });
  const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: flags });
  return {
    /** Opens an empty page on a device, from which nothing but the server can be asked. */
    open: async (device: BrowserContextOptions, url: string): Promise<Opened> => {
      const context = await browser.newContext(device);
      context.setDefaultTimeout(20_000);
      await context.addInitScript(tellOfPolicy);
      const page = await context.newPage();
      const faults: string[] = [];
      page.on("console", (message) => {
        if (["error", "warning"].includes(message.type())) faults.push(message.text());
      });
      page.on("pageerror", (error) => faults.push(String(error)));
      await context.route(
        ({ origin }) => origin !== url,
        async (route) => {
          faults.push(`It asks ${route.request().url()}`);
          await route.abort();
        },
      );
      return { page, faults };
    },
    close: () => browser.close(),
  };
}
