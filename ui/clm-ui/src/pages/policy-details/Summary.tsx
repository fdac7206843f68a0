import { Facts, messages } from "@ers/frame";
import { Card, CardBody } from "@patternfly/react-core";
import { rulesOf } from "../../policy/rules.ts";
import { useCommonText } from "../../words/common.ts";
import { useTerms } from "../../words/terms.ts";

const useText = messages(
  {
    approval: "Manual approval",
    any: "any that CLM allows",
    default_longest: "{normal}, at most {longest}",
    keys: "Keys",
    ways: "Ways",
  },
  {
    approval: "Manuelle Freigabe",
    any: "alle, die CLM zulässt",
    default_longest: "{normal}, höchstens {longest}",
    keys: "Schlüssel",
    ways: "Wege",
  },
);

const KINDS = ["dns", "ip", "email", "uri", "upn", "smtputf8", "dir", "rid", "other"];

/** What a policy says, in short. */
export function Summary({ definition }: { definition: string }) {
  const text = useText();
  const term = useTerms();
  const common = useCommonText();
  const rules = rulesOf(definition);
  const names = Object.entries(rules.names ?? {})
    .filter(([kind]) => KINDS.includes(kind))
    .map(([kind, allowed]) => `${kind}: ${Array.isArray(allowed) ? allowed.join(", ") : String(allowed)}`);
  return (
    <Card>
      <CardBody>
        <Facts
          rows={[
            [term("issuer"), rules.issuer],
            [term("profile"), rules.profile],
            [term("realm"), rules.realm],
            [text("ways"), rules.protocols?.join(", ")],
            [text("keys"), rules.key_algorithms?.join(", ") ?? text("any")],
            [
              term("validity"),
              text("default_longest", {
                normal: rules.validity?.default ?? "–",
                longest: rules.validity?.longest ?? "–",
              }),
            ],
            [term("names"), names.map((line) => <div key={line}>{line}</div>)],
            [text("approval"), common(rules.manual_approval ? "yes" : "no")],
          ]}
        />
      </CardBody>
    </Card>
  );
}
