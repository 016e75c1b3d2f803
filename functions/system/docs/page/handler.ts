import type { Handle } from "#shared/http/define-route";
import { servePublic } from "#shared/http/serve-public";
import { route } from "./route.ts";

/** Relative addresses, so that the page works below any prefix. */
const page = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>Chatbot Platform API</title>
    <link rel="icon" href="data:," />
    <style>
      body { margin: 0; }
    </style>
  </head>
  <body>
    <redoc
      spec-url="v1/openapi.json"
      expand-responses="200,201"
      json-sample-expand-level="3"
      theme='{"typography":{"fontFamily":"system-ui, sans-serif","headings":{"fontFamily":"system-ui, sans-serif"},"code":{"fontFamily":"ui-monospace, monospace"}}}'
    ></redoc>
    <script src="docs/redoc.js"></script>
  </body>
</html>
`;

/** Nothing may come from another host. Redoc writes its styles into the page and searches in a worker of its own. */
const policy = [
  "default-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "worker-src blob:",
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
