// Stands in for `@aws-sdk/credential-provider-node` inside bundles: Lambda gives its credentials in the environment,
// and what else that package can do (profiles, SSO, web identities) would be a third of every bundle.
import { env } from "#shared/runtime/env";

/** Gives the credentials of the function's role. Throws when there are none. */
export const defaultProvider = () => async () => ({
  accessKeyId: env("AWS_ACCESS_KEY_ID"),
  secretAccessKey: env("AWS_SECRET_ACCESS_KEY"),
  sessionToken: process.env["AWS_SESSION_TOKEN"],
});
