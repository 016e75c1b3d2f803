/** Says whether this deployment admits `http:` and private addresses (`ALLOW_PRIVATE_URLS=true`), read at use. */
export const allowsPrivateUrls = () => process.env["ALLOW_PRIVATE_URLS"] === "true";
