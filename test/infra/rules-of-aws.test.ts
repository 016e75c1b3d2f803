import { describe, expect, it } from "@jest/globals";
import { CloudFormationValidatePlugin, Validations } from "aws-cdk-lib";
import { AwsSolutionsChecks } from "cdk-nag";
import { type Stage, stageNamed, stages } from "#lib/aws/stages";
import { loadManifest } from "#lib/manifest";
import { synthesisedIn, synthesisedTogether } from "../support/templates.ts";
import { acknowledgedRules } from "./acknowledged-rules.ts";

const manifest = await loadManifest();

interface Finding {
  readonly ruleName: string;
  readonly constructPath: string;
}

/** What was found in stages that were looked at. */
const found = new Map<string, readonly Finding[]>();

/** What the rules of AWS Solutions find in the stacks of a stage with every setting on: the rule and the construct. */
function findingsIn(name: string): readonly Finding[] {
  const known = found.get(name);
  if (known) return known;
  const findings = synthesisedIn(manifest, { ...stageNamed(name), ...everything }, ({ app }) =>
    new AwsSolutionsChecks()
      .validateScope(app)
      .violations.flatMap(({ ruleName, violatingResources }) =>
        violatingResources.map(({ constructPath = "" }) => ({ ruleName, constructPath })),
      ),
  );
  found.set(name, findings);
  return findings;
}

const isAcknowledged = ({ ruleName, constructPath }: Finding) =>
  acknowledgedRules.some(({ rule, at }) => rule === ruleName && at.test(constructPath));

const everything: Partial<Stage> = {
  monitoring: "all",
  alarmEmail: "operator@example.com",
  corsOrigins: ["https://example.com"],
  domain: {
    name: "api.example.com",
    certificateArn: "arn:aws:acm:eu-central-1:111122223333:certificate/0b1c",
  },
};

describe("the rules of CloudFormation", () => {
  it("find nothing in any stage, as it is and with every setting on", () => {
    const all = stages.flatMap((stage) => [
      stage,
      { ...stage, ...everything, name: `${stage.name}-with-everything` },
    ]);
    const synth = () =>
      synthesisedTogether(manifest, all, (app) => {
        Validations.of(app).addPlugins(new CloudFormationValidatePlugin());
        app.synth();
      });
    expect(synth).not.toThrow();
  });
});

describe("the rules of AWS Solutions", () => {
  it.each(stages.map(({ name }) => [name]))(
    "find nothing in the stage %s that is not explained, with every setting on",
    (name) => {
      const findings = findingsIn(name);
      expect(findings.filter((finding) => !isAcknowledged(finding))).toEqual([]);
    },
  );

  it("still find each of what is explained", () => {
    const findings = findingsIn("prod");
    for (const { rule, at } of acknowledgedRules) {
      const found = findings.filter(
        ({ ruleName, constructPath }) => ruleName === rule && at.test(constructPath),
      );
      expect(found.length).toBeGreaterThan(0);
    }
  });
});
