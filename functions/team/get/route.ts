import { defineRoute } from "#shared/http/define-route";
import { Team } from "#shared/teams/team";
import { teamExample } from "#shared/teams/team-example";

export const route = defineRoute({
  operationId: "getTeam",
  method: "GET",
  path: "/v1/team",
  tag: "Team",
  summary: "Get the team of the calling key",
  description: "With what its plan allows and what the key may do. Every key may ask.",
  auth: { scope: "any" },
  answers: "one",
  data: Team,
  status: 200,
  errors: [],
  grants: { table: ["GetItem"] },
  example: { data: teamExample },
});
