import { defineRoute } from "#shared/http/define-route";
import { Team } from "#shared/teams/team";
import { teamExample } from "#shared/teams/team-example";

export const route = defineRoute({
  operationId: "getTeam",
  method: "GET",
  path: "/v1/team",
  tag: "Team",
  summary: "Get the team of the calling key",
  description: "With what its plan allows, which key asks and what that may do. Every key may ask.",
  auth: { scope: "any" },
  answers: "one",
  data: Team,
  status: 200,
  errors: ["not_found"],
  grants: { table: ["GetItem"] },
  example: { data: teamExample },
});
