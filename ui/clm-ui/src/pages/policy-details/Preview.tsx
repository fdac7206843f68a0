import { Facts, Labels, useFormats } from "@ers/frame";
import { Alert, Card, CardBody, CardTitle } from "@patternfly/react-core";
import { useMemo } from "react";
import { exampleOf } from "../../policy/example.ts";
import { type Finding, lint } from "../../policy/lint.ts";
import { rulesOf } from "../../policy/rules.ts";
import { useTerms } from "../../words/terms.ts";
import { useText } from "./form-words.ts";

const LOOKS = { error: "danger", warning: "warning", notice: "info" } as const;

/** What a certificate under the policy would say, and what is to be said about the policy; it follows the typing. */
export function Preview({ definition }: { definition: string }) {
  const text = useText();
  const term = useTerms();
  const { moment } = useFormats();
  const { made, findings } = useMemo(() => {
    const rules = rulesOf(definition);
    const now = Date.now();
    return { made: exampleOf(rules, now), findings: lint(rules, now) };
  }, [definition]);
  return (
    <section className="ers-stack ers-beside" aria-label={text("example")}>
      <Card>
        <CardTitle component="h2">{text("example")}</CardTitle>
        <CardBody className="ers-stack">
          <Facts
            wide
            rows={[
              [term("subject"), made.subject || "–"],
              [term("names"), made.names.length > 0 && <Labels of={made.names} most={10} />],
              [term("issuer"), made.issuer || text("no_issuer")],
              [term("profile"), made.profile],
              [term("key"), made.key],
              [term("valid_from"), moment(made.notBefore.toISOString())],
              [term("valid_to"), made.notAfter ? moment(made.notAfter.toISOString()) : "–"],
            ]}
          />
          <p className="ers-quiet ers-small">{text("example_hint")}</p>
        </CardBody>
      </Card>
      <Card>
        <CardTitle component="h2">{text("lint")}</CardTitle>
        <CardBody className="ers-stack" aria-live="polite">
          {findings.length === 0 && <Alert isInline isPlain variant="success" title={text("lint_good")} />}
          {findings.map((finding) => (
            <Told key={`${finding.rule} ${finding.key}`} finding={finding} />
          ))}
        </CardBody>
      </Card>
    </section>
  );
}

function Told({ finding }: { finding: Finding }) {
  const text = useText();
  return (
    <Alert
      isInline
      variant={LOOKS[finding.severity]}
      title={
        <span className="ers-mono" translate="no">
          {finding.key}
        </span>
      }
    >
      {text(`lint_${finding.rule}`)}
    </Alert>
  );
}
