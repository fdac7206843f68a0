import { Facts, ProblemAlert } from "@ers/frame";
import { namesOf } from "@ers/frame/certificate/names.ts";
import { Alert, Label } from "@patternfly/react-core";
import { useTerms } from "../../words/terms.ts";
import { doubts, keyOf, subjectOf } from "./draft.ts";
import type { Step } from "./steps.ts";
import { useText } from "./words.ts";

const MADE = { browser: "", platform: " (ERS)", csr: " (CSR)" } as const;

/** Everything once more, with what the policy will say. */
export function ReviewStep({ draft, rules, error }: Step & { error: unknown }) {
  const text = useText();
  const term = useTerms();
  const key = `${keyOf(draft, rules)}${MADE[draft.source]}`;
  return (
    <div className="ers-stack">
      {error ? <ProblemAlert error={error} /> : null}
      {doubts(draft, rules).map((doubt) => (
        <Alert key={doubt} isInline variant="warning" title={text(`doubt_${doubt}`)} />
      ))}
      {rules.manual_approval && <Alert isInline variant="info" title={text("manual")} />}
      <Facts
        wide
        rows={[
          [term("policy"), draft.policy],
          [term("issuer"), rules.issuer],
          [term("subject"), subjectOf(draft, rules) || "–"],
          [
            term("names"),
            namesOf(draft.names).map((name) => (
              <div key={name}>
                <Label variant="outline" isCompact>
                  {name}
                </Label>
              </div>
            )),
          ],
          [term("key"), key],
          [term("validity"), draft.validity.trim() || rules.validity?.default],
        ]}
      />
    </div>
  );
}
