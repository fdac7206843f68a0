import { messages, PageHead, ProblemAlert, useNotices } from "@ers/frame";
import { Breadcrumb, BreadcrumbItem, PageSection, Skeleton } from "@patternfly/react-core";
import { Link, useNavigate, useParams } from "react-router";
import { usePolicy } from "../../queries/policies.ts";
import { useMenuText } from "../../words/menu.ts";
import { Editor } from "./Editor.tsx";
import { Summary } from "./Summary.tsx";

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
    new: "New policy",
    new_hint: "YAML. The name never changes; everything else becomes a new version.",
    saved: "{name} is in force.",
  },
  {
    by: "Version {version}, von {who}",
    new: "Neue Richtlinie",
    new_hint: "YAML. Der Name bleibt für immer; alles andere wird eine neue Version.",
    saved: "{name} ist in Kraft.",
  },
);

/** A policy: what it says in short, and its text to be changed. */
export default function PolicyDetails() {
  const text = useText();
  const menu = useMenuText();
  const tell = useNotices();
  const go = useNavigate();
  const { name = "" } = useParams();
  const isNew = name === "";
  const query = usePolicy(name);
  const saved = (name: string) => {
    tell(text("saved", { name }));
    if (isNew) go(`/policies/${name}`);
  };
  const above = (
    <Breadcrumb className="ers-breadcrumb">
      <BreadcrumbItem
        render={({ className }) => (
          <Link className={className} to="/policies">
            {menu("policies")}
          </Link>
        )}
      />
    </Breadcrumb>
  );
  const content = () => {
    if (isNew) return <Editor text={DRAFT} isNew onSaved={saved} />;
    if (query.isError) return <ProblemAlert error={query.error} onAgain={() => query.refetch()} />;
    if (query.isPending) return <Skeleton height="20rem" />;
    const { definition, version } = query.data;
    return (
      <div className="ers-stack">
        <Summary definition={definition} />
        <Editor key={`${name}-${version}`} text={definition} isNew={false} onSaved={saved} />
      </div>
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
