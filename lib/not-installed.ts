/** Whether something failed for want of a package: `npm ci --omit=dev` leaves out those that only make things. */
export const isNotInstalled = (error: unknown): boolean =>
  error instanceof Error && "code" in error && error.code === "MODULE_NOT_FOUND";
