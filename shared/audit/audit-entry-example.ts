import type { AuditEntry } from "./audit-entry.ts";

/** An audit entry for the reference. */
export const auditEntryExample = {
  id: "aud_01jd7zq3c8e9v5r2k4m6n8p0ab",
  actor: { type: "api_key", id: "key_01jd7zq3c8e9v5r2k4m6n8p0ab", name: "Dashboard" },
  action: "integration.updated",
  resource_id: "int_01jd7zq3c8e9v5r2k4m6n8p0ab",
  before: { weight: 1, headers: { Authorization: "••••3kf9" } },
  after: { weight: 3, headers: { Authorization: "••••a81c" } },
  request_id: "req_01jd7zq3c8e9v5r2k4m6n8p0ab",
  created_at: "2026-01-02T03:04:05.000Z",
} satisfies AuditEntry;
