import { Form, FormGroup, Radio } from "@patternfly/react-core";
import { type BrowserKeyAlgorithm, KEY_ALGORITHMS } from "../../crypto/keys.ts";
import type { Policy } from "../../generated/clm-api.ts";
import { rulesOf } from "../../policy/rules.ts";
import { useTerms } from "../../words/terms.ts";
import type { Step } from "./steps.ts";
import { useText } from "./words.ts";

/** The kind of key chosen before, if the policy allows it; else the first that it allows. */
function fitting(policy: Policy, before: BrowserKeyAlgorithm): BrowserKeyAlgorithm {
  const allowed = rulesOf(policy.definition).key_algorithms;
  if (!allowed || allowed.includes(before)) return before;
  return KEY_ALGORITHMS.find((name) => allowed.includes(name)) ?? before;
}

/** Which policy. */
export function PolicyStep({ draft, change, policies }: Step & { policies: Policy[] }) {
  const text = useText();
  const term = useTerms();
  return (
    <Form>
      <p className="ers-quiet">{text("policy_hint")}</p>
      <FormGroup role="radiogroup" label={term("policy")} fieldId="policy" isStack>
        {policies.map((policy) => {
          const manual = rulesOf(policy.definition).manual_approval;
          return (
            <Radio
              key={policy.name}
              id={`policy-${policy.name}`}
              name="policy"
              label={policy.name}
              description={
                <>
                  <span translate="no">{policy.description}</span> {manual && `· ${text("manual")}`}
                </>
              }
              isChecked={draft.policy === policy.name}
              onChange={() => change({ policy: policy.name, algorithm: fitting(policy, draft.algorithm) })}
            />
          );
        })}
      </FormGroup>
    </Form>
  );
}
