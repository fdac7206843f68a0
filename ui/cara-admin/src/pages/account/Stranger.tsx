import { messages, PageHead, Preferences } from "@ers/frame";
import { Button, Card, CardBody, Content, PageSection } from "@patternfly/react-core";

const useText = messages(
  {
    again: "Try again",
    close: "Then close all windows of the browser: it asks anew which certificate to show.",
    import: "Import the file and its password into the browser or the system's certificate store.",
    make: "Have a CA administrator make you a certificate:",
    or: "Already an administrator? Then the browser has shown another certificate, or none.",
    title: "Show the certificate of an administrator",
  },
  {
    again: "Erneut versuchen",
    close:
      "Dann schließen Sie alle Fenster des Browsers: Er fragt neu, welches Zertifikat er vorzeigen soll.",
    import: "Importieren Sie Datei und Passwort in den Browser oder den Zertifikatspeicher des Systems.",
    make: "Lassen Sie sich von einem CA-Administrator ein Zertifikat anlegen:",
    or: "Sie sind bereits Administrator? Dann hat der Browser ein anderes Zertifikat vorgezeigt oder keines.",
    title: "Zeigen Sie das Zertifikat eines Administrators vor",
  },
);

/** What whoever is no administrator sees, and how they become one. */
export function Stranger({ detail, onAgain }: { detail: string; onAgain: () => void }) {
  const text = useText();
  return (
    <main className="ers-stranger">
      <PageHead title={text("title")} hint={<span translate="no">{detail}</span>} />
      <PageSection>
        <div className="ers-stack ers-narrow">
          <Card>
            <CardBody>
              <Content>
                <p>{text("or")}</p>
                <ol>
                  <li>
                    {text("make")}
                    <pre className="ers-mono">ers administrator add NAME --role ROLE --out NAME.p12</pre>
                  </li>
                  <li>{text("import")}</li>
                  <li>{text("close")}</li>
                </ol>
              </Content>
              <Button onClick={onAgain}>{text("again")}</Button>
            </CardBody>
          </Card>
          <Preferences />
        </div>
      </PageSection>
    </main>
  );
}
