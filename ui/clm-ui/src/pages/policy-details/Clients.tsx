import { CopyButton, messages, PageTabs, PemText, useUrlState } from "@ers/frame";
import { Card, CardBody, EmptyState, EmptyStateBody, Tab, Tabs, TabTitleText } from "@patternfly/react-core";
import { useState } from "react";
import { waysOf } from "../../policy/configurations.ts";
import { rulesOf } from "../../policy/rules.ts";

const useText = messages(
  {
    address: "Address",
    capitals:
      "Words in capitals and example names are yours. root.pem is the root certificate of the platform.",
    clients: "Clients of {protocol}",
    none: "No client asks for it by itself",
    none_hint: "Among the protocols of this policy are none of ACME, EST, CMP, SCEP and REST.",
    protocols: "Protocols",
  },
  {
    address: "Adresse",
    capitals:
      "Wörter in Großbuchstaben und Beispielnamen ersetzen Sie durch Ihre. root.pem ist das Wurzelzertifikat der Plattform.",
    clients: "Clients für {protocol}",
    none: "Kein Client fragt von selbst",
    none_hint: "Unter den Protokollen dieser Richtlinie ist keines von ACME, EST, CMP, SCEP und REST.",
    protocols: "Protokolle",
  },
);

/** How clients are told to get certificates under a policy: to be copied. */
export function Clients({ name, definition }: { name: string; definition: string }) {
  const text = useText();
  const { get, set } = useUrlState();
  const ways = waysOf(name, rulesOf(definition).protocols ?? [], location.origin);
  const way = ways.find(({ protocol }) => protocol === get("way")) ?? ways[0];
  if (!way) {
    return (
      <EmptyState titleText={text("none")} headingLevel="h2">
        <EmptyStateBody>{text("none_hint")}</EmptyStateBody>
      </EmptyState>
    );
  }
  return (
    <Card>
      <CardBody className="ers-stack">
        {ways.length > 1 && (
          <Tabs
            aria-label={text("protocols")}
            isSubtab
            activeKey={way.protocol}
            onSelect={(_, key) => set({ way: String(key) }, true)}
          >
            {ways.map(({ protocol }) => (
              <Tab key={protocol} eventKey={protocol} title={<TabTitleText>{protocol}</TabTitleText>} />
            ))}
          </Tabs>
        )}
        <div>
          {text("address")}: <span className="ers-mono">{way.url}</span> <CopyButton text={way.url} />
        </div>
        <Examples key={way.protocol} way={way} />
        <p className="ers-quiet ers-small">{text("capitals")}</p>
      </CardBody>
    </Card>
  );
}

function Examples({ way }: { way: ReturnType<typeof waysOf>[number] }) {
  const text = useText();
  const [client, setClient] = useState(way.configurations[0]?.client ?? "");
  return (
    <PageTabs label={text("clients", { protocol: way.protocol })} open={client} onOpen={setClient}>
      {way.configurations.map((one) => (
        <Tab
          key={one.client}
          eventKey={one.client}
          title={
            <TabTitleText>
              <span translate="no">{one.client}</span>
            </TabTitleText>
          }
        >
          <div className="ers-tab">
            <PemText pem={one.text} />
          </div>
        </Tab>
      ))}
    </PageTabs>
  );
}
