import {
  Crumb,
  messages,
  PageHead,
  PageTabs,
  PemText,
  ProblemAlert,
  useNotices,
  useUrlState,
} from "@ers/frame";
import { PageSection, Skeleton, Tab, TabTitleText } from "@patternfly/react-core";
import { useNavigate, useParams } from "react-router";
import { usePolicy } from "../../queries/policies.ts";
import { useAccess } from "../../queries/session.ts";
import { useMenuText } from "../../words/menu.ts";
import { Clients } from "./Clients.tsx";
import { Editor } from "./Editor.tsx";
import { Summary } from "./Summary.tsx";
import { Versions } from "./Versions.tsx";
import { useVersionText } from "./version-words.ts";

const DRAFT = `name: my-policy
realm: default
description: ""
issuer: default-sub
profile: tls-server
protocols: [rest, cli]
key_algorithms: [P-256, P-384, RSA-3072]
validity:
  default: 90d
  longest: 1y
subject:
  attributes: [CN]
  common_name: one-of-names
names:
  dns: ["*"]
  required: true
manual_approval: false
`;

const useText = messages(
  {
    by: "Version {version}, by {who}",
    clients: "Set up clients",
    definition: "What it says",
    new: "New policy",
    new_hint: "The name never changes; everything else becomes a new version.",
    saved: "{name} is in force.",
  },
  {
    by: "Version {version}, von {who}",
    clients: "Clients einrichten",
    definition: "Was sie sagt",
    new: "Neue Richtlinie",
    new_hint: "Der Name bleibt für immer; alles andere wird eine neue Version.",
    saved: "{name} ist in Kraft.",
  },
);

/** A policy: what it says in short, and its text to be changed. */
export default function PolicyDetails() {
  const text = useText();
  const versions = useVersionText();
  const menu = useMenuText();
  const tell = useNotices();
  const go = useNavigate();
  const { get, set } = useUrlState();
  const { name = "" } = useParams();
  const isNew = name === "";
  const query = usePolicy(name);
  const { mayUnderPolicy } = useAccess();
  const saved = (name: string) => {
    tell(text("saved", { name }));
    if (isNew) go(`/policies/${name}${location.search}`); // as a form or as text, as before
  };
  const above = <Crumb to="/policies" label={menu("policies")} />;
  const content = () => {
    if (isNew) return <Editor text={DRAFT} isNew onSaved={saved} />;
    if (query.isError) return <ProblemAlert error={query.error} onAgain={() => query.refetch()} />;
    if (query.isPending) return <Skeleton height="20rem" />;
    const { definition, version, realm } = query.data;
    return (
      <PageTabs open={get("tab") || "definition"} onOpen={(tab) => set({ tab, version: "", with: "" }, true)}>
        <Tab eventKey="definition" title={<TabTitleText>{text("definition")}</TabTitleText>}>
          <div className="ers-stack ers-tab">
            {mayUnderPolicy("policy:manage", realm, name) ? (
              <Editor key={`${name}-${version}`} text={definition} isNew={false} onSaved={saved} />
            ) : (
              <>
                <Summary definition={definition} />
                <PemText pem={definition} />
              </>
            )}
          </div>
        </Tab>
        <Tab eventKey="clients" title={<TabTitleText>{text("clients")}</TabTitleText>}>
          <div className="ers-tab">
            <Clients name={name} definition={definition} />
          </div>
        </Tab>
        <Tab eventKey="versions" title={<TabTitleText>{versions("versions")}</TabTitleText>}>
          <div className="ers-tab">
            <Versions name={name} manages={mayUnderPolicy("policy:manage", realm, name)} />
          </div>
        </Tab>
      </PageTabs>
    );
  };
  const policy = query.data;
  const told = policy ? text("by", { version: policy.version, who: policy.updated_by }) : "";
  return (
    <>
      <PageHead
        title={isNew ? text("new") : name}
        hint={
          isNew ? (
            text("new_hint")
          ) : policy?.description ? (
            <span translate="no">{policy.description}</span>
          ) : (
            told
          )
        }
        above={above}
      />
      <PageSection isFilled>
        {content()}
        {policy && !isNew && policy.description ? (
          <p className="ers-quiet ers-small ers-space">{told}</p>
        ) : null}
      </PageSection>
    </>
  );
}
