/** What stands in JSON before anybody has looked at it. */
export type Fields = Readonly<Record<string, unknown>>;

/** An error of the Graph API. */
export interface GraphError {
  readonly code?: number;
  readonly message?: string;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly [field: string]: unknown;
}

/** That a parameter is wrong. */
export const invalid = (field: string): GraphError => ({
  code: 100,
  message: `(#100) Invalid parameter ${field}`,
});

/** What the Graph API says most often. */
export const graphErrors = {
  badToken: { status: 401, code: 190, message: "Invalid OAuth access token" },
  badProof: { code: 100, message: "Invalid appsecret_proof provided in the API argument" },
  unverified: { code: 2200, message: "(#2200) Callback verification failed" },
  windowClosed: {
    code: 131047,
    message: "(#131047) Re-engagement message",
    error_data: { messaging_product: "whatsapp", details: "More than 24 hours have passed." },
  },
  missing: (id: string): GraphError => ({
    code: 100,
    error_subcode: 33,
    message: `Unsupported request. Object with ID '${id}' does not exist, or misses permissions`,
  }),
} as const;
