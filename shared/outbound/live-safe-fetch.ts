import { allowsPrivateUrls } from "./allows-private-urls.ts";
import { createSafeFetch } from "./safe-fetch.ts";

/** The fetch that everything uses for URLs that people give us. */
export const liveSafeFetch = createSafeFetch({ allowPrivate: allowsPrivateUrls });
