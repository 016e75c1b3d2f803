import { vendorUrls } from "../models/vendor-urls.ts";

/** What a type of integration is, and which of the fields it takes that not all do. */
interface IntegrationRules {
  /** Whether calls are signed for it, with a secret of ours. */
  readonly is_signed: boolean;
  /** `base` is an address to which we add a path; where it may be left out it is the vendor's own. */
  readonly url: "required" | "base" | "none";
  readonly model: "required" | "none";
  readonly headers: "optional" | "none";
  readonly settings: "optional" | "none";
  /** Where it is reached without a `url`. */
  readonly own_url: string | null;
}

const vendor = {
  is_signed: false,
  url: "base",
  model: "required",
  headers: "optional",
  settings: "optional",
} as const;
const none = { model: "none", settings: "none", own_url: null } as const;

/** The types of integrations: what differs between them stands here and nowhere else. */
export const integrationTypes = {
  webhook: { ...none, is_signed: true, url: "required", headers: "optional" },
  openai: { ...vendor, own_url: vendorUrls.openai },
  anthropic: { ...vendor, own_url: vendorUrls.anthropic },
  // It is called with the role of the account, whose signature the team's own headers would break.
  bedrock: { ...vendor, url: "none", headers: "none", own_url: null },
  echo: { ...none, is_signed: false, url: "none", headers: "optional" },
} as const satisfies Readonly<Record<string, IntegrationRules>>;

/** A type of integration. */
export type IntegrationType = keyof typeof integrationTypes;

/** The rules of a type, whichever it is. */
export const rulesOf = (type: IntegrationType): IntegrationRules => integrationTypes[type];
