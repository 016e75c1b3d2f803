import * as v from "valibot";
import { AuditAction, AuditEntry } from "#shared/audit/audit-entry";
import { auditEntryExample } from "#shared/audit/audit-entry-example";
import { defineRoute } from "#shared/http/define-route";
import { anyId, time } from "#shared/schema/fields";

export const route = defineRoute({
  operationId: "listAuditEntries",
  method: "GET",
  path: "/v1/audit-log",
  tag: "Team",
  summary: "List audit entries",
  description:
    "Who changed what, newest first: each change of configuration over this API or by whoever runs the platform, each deletion of data and each new secret has one entry, kept for 90 days. Messages, runs and tests have none. The newest 10,000 entries are looked at, and the cursor goes on.",
  auth: { scope: "admin" },
  query: v.strictObject({
    resource_id: v.pipe(v.optional(anyId), v.description("Only what was done to this resource.")),
    action: v.pipe(v.optional(AuditAction), v.description("Only entries of this action.")),
    created_after: v.pipe(v.optional(time), v.description("Made at this time or later.")),
    created_before: v.pipe(v.optional(time), v.description("Made before this time.")),
  }),
  answers: "page",
  data: AuditEntry,
  status: 200,
  errors: [],
  grants: { table: ["Query"] },
  example: { data: auditEntryExample },
});
