import { createSafeFetch } from "./safe-fetch.ts";

/** Says whether this deployment admits `http:` and private addresses (`ALLOW_PRIVATE_URLS=true`), read at use. */
export const allowsPrivateUrls = () => process.env["ALLOW_PRIVATE_URLS"] === "true";

/** The fetch that everything uses for URLs that people give us. */
export const liveSafeFetch = createSafeFetch({ allowPrivate: allowsPrivateUrls });
