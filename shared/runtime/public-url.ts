import { env } from "./env.ts";

/** Where others reach this platform, without a slash at the end (`PUBLIC_URL`); read at use. */
export const publicUrl = () => env("PUBLIC_URL");
