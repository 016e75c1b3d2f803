import type { Handle } from "#shared/http/define-route";
import { servePublic } from "#shared/http/serve-public";
import { route } from "./route.ts";

/** Darker and lighter than Scalar's own where those are hard to read, and samples that break their lines. */
const styles = `
.light-mode {
  --scalar-color-2: #5c5c5c;
  --scalar-color-3: #6b6b6b;
  --scalar-color-green: #00734a;
  --scalar-color-yellow: #7d5a00;
  --scalar-color-orange: #b03a00;
  --scalar-color-red: #c4000a;
  --scalar-color-blue: #0067a6;
}
.dark-mode {
  --scalar-color-3: #949494;
  --scalar-color-red: #ff6b6b;
}
.scalar-app .markdown pre code,
.scalar-app .markdown pre code * {
  white-space: pre-wrap;
  overflow-wrap: anywhere;
}`;

/** What the script makes of the document. Nothing is asked of anybody else, and a key that is typed in is kept nowhere. */
const configuration = {
  title: "Chatbot Platform API",
  agent: { disabled: true },
  mcp: { disabled: true },
  showDeveloperTools: "never",
  telemetry: false,
  withDefaultFonts: false,
  persistAuth: false,
  hideClientButton: true,
  // The document has samples of its own.
  hiddenClients: true,
  orderSchemaPropertiesBy: "preserve",
  documentDownloadType: "json",
  customCss: styles,
};

/** Relative addresses, so that the page works below any prefix. */
const page = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>Chatbot Platform API</title>
    <link rel="icon" href="data:," />
  </head>
  <body>
    <script id="api-reference" data-url="v1/openapi.json" data-configuration='${JSON.stringify(configuration)}'></script>
    <script src="docs/script.js"></script>
  </body>
</html>
`;

/** Nothing may come from another host. Scalar's editor of requests writes styles into the page as it is used. */
const policy = [
  "default-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

export const handle = (): Handle<typeof route> => async () => ({
  raw: page,
  contentType: "text/html; charset=utf-8",
  headers: {
    "content-security-policy": policy,
    "x-content-type-options": "nosniff",
    "cache-control": "public, max-age=300",
  },
});

export const handler = servePublic(route, handle);
