import type { Case } from "../bench.ts";
import { asking } from "./asking.ts";
import { backends } from "./backends.ts";
import { errors } from "./errors.ts";
import { executing } from "./executing.ts";
import { logs } from "./logs.ts";
import { operations } from "./operations.ts";
import { pages } from "./pages.ts";
import { retries } from "./retries.ts";
import { time } from "./time.ts";
import { webhooks } from "./webhooks.ts";
import { wire } from "./wire.ts";

/** What every SDK promises. */
export const cases: readonly Case[] = [
  ...operations,
  ...retries,
  ...errors,
  ...time,
  ...wire,
  ...pages,
  ...logs,
  ...webhooks,
  ...backends,
  ...asking,
  ...executing,
];
