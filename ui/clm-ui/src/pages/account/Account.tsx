import { Facts, PageHead, Preferences, useFormats } from "@ers/frame";
import { Card, CardBody, CardTitle, PageSection } from "@patternfly/react-core";
import type { Grant } from "../../generated/clm-api.ts";
import { useSession } from "../../queries/session.ts";
import { Password } from "./Password.tsx";
import { SecondFactor } from "./SecondFactor.tsx";
import { useText } from "./words.ts";

/** Who is logged in and what they may do, language and appearance; of local accounts password and second factor. */
export default function Account() {
  const text = useText();
  const { moment } = useFormats();
  const session = useSession().data;
  if (!session) return null;
  return (
    <>
      <PageHead title={text("title")} />
      <PageSection>
        <div className="ers-stack ers-narrow">
          <Card>
            <CardTitle component="h2">{text("session")}</CardTitle>
            <CardBody>
              <Facts
                wide
                rows={[
                  [text("username"), session.username],
                  [text("groups"), session.groups.join(", ")],
                  [text("ends"), moment(session.ends_at)],
                ]}
              />
            </CardBody>
          </Card>
          <Card>
            <CardTitle component="h2">{text("look")}</CardTitle>
            <CardBody>
              <Preferences />
            </CardBody>
          </Card>
          {session.local ? (
            <>
              <SecondFactor isOn={session.second_factor} />
              <Password username={session.username} />
            </>
          ) : (
            <p className="ers-quiet">{text("cannot")}</p>
          )}
          <Card>
            <CardTitle component="h2">{text("access")}</CardTitle>
            <CardBody>
              {session.grants.length === 0 && <p>{text("access_none")}</p>}
              {session.grants.map((grant) => (
                <Granted key={`${grant.realm}/${grant.policy}`} grant={grant} />
              ))}
            </CardBody>
          </Card>
        </div>
      </PageSection>
    </>
  );
}

function Granted({ grant }: { grant: Grant }) {
  const text = useText();
  const { realm, policy } = grant;
  const place = () => {
    if (!realm) return text("everywhere");
    return policy ? text("under_policy", { realm, policy }) : text("in_realm", { realm });
  };
  return (
    <div className="ers-line">
      <div className="ers-legend">{place()}</div>
      <div className="ers-mono" translate="no">
        {grant.permissions.join(", ")}
      </div>
    </div>
  );
}
