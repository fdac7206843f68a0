import { Facts, Labels, messages, PageHead, Preferences } from "@ers/frame";
import { Card, CardBody, CardTitle, PageSection } from "@patternfly/react-core";
import { useSession } from "../../queries/session.ts";
import { useMenuText } from "../../words/menu.ts";
import { useTerms } from "../../words/terms.ts";

const useText = messages(
  {
    all: "all",
    cas: "CAs",
    look: "Language and appearance",
    may: "May",
    shown:
      "The certificate that the browser shows says who you are. To be somebody else, close all its windows.",
  },
  {
    all: "alle",
    cas: "CAs",
    look: "Sprache und Darstellung",
    may: "Darf",
    shown:
      "Das Zertifikat, das der Browser vorzeigt, sagt, wer Sie sind. Um jemand anderes zu sein, schließen Sie alle Fenster.",
  },
);

/** Whom the certificate shows, and what they may do; language and appearance. */
export default function Account() {
  const text = useText();
  const term = useTerms();
  const menu = useMenuText();
  const session = useSession().data;
  const labels = (all: string[]) => <Labels of={all} most={20} />;
  return (
    <>
      <PageHead title={menu("account")} hint={text("shown")} />
      <PageSection>
        <div className="ers-stack ers-narrow">
          <Card>
            <CardBody>
              {session && (
                <Facts
                  wide
                  rows={[
                    [term("name"), session.administrator],
                    [term("roles"), labels(session.roles)],
                    [text("cas"), session.authorities.length ? labels(session.authorities) : text("all")],
                    [text("may"), labels(session.permissions)],
                  ]}
                />
              )}
            </CardBody>
          </Card>
          <Card>
            <CardTitle component="h2">{text("look")}</CardTitle>
            <CardBody>
              <Preferences />
            </CardBody>
          </Card>
        </div>
      </PageSection>
    </>
  );
}
