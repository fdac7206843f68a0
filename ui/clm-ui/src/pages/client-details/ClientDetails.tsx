import { Crumb, Facts, PageHead, ProblemAlert } from "@ers/frame";
import { Button, Card, CardBody, CardTitle, PageSection, Skeleton, Title } from "@patternfly/react-core";
import { useState } from "react";
import { useNavigate, useParams } from "react-router";
import type { Client, MadeToken } from "../../generated/clm-api.ts";
import { BindingTable } from "../../parts/BindingTable.tsx";
import { Remove, useRemoveText } from "../../parts/Remove.tsx";
import { ShownOnce } from "../../parts/ShownOnce.tsx";
import { useClient, useRemoveClient } from "../../queries/clients.ts";
import { usePolicy } from "../../queries/policies.ts";
import { useBindingsOf } from "../../queries/roles.ts";
import { useAccess } from "../../queries/session.ts";
import { useCommonText } from "../../words/common.ts";
import { useMenuText } from "../../words/menu.ts";
import { useTerms } from "../../words/terms.ts";
import { useText } from "../clients/words.ts";
import { Clients } from "../policy-details/Clients.tsx";
import { NewToken } from "./NewToken.tsx";
import { Tokens } from "./Tokens.tsx";

/** A client and its access tokens. */
export default function ClientDetails() {
  const { name = "" } = useParams();
  const text = useText();
  const menu = useMenuText();
  const removeText = useRemoveText();
  const go = useNavigate();
  const { may, mayInRealm } = useAccess();
  const query = useClient(name);
  const remove = useRemoveClient();
  const [asked, setAsked] = useState<"token" | "remove">();
  const [made, setMade] = useState<MadeToken>();
  const client = query.data;
  const manages = client !== undefined && mayInRealm("client:manage", client.realm);
  const close = () => setAsked(undefined);
  return (
    <>
      <PageHead
        title={name}
        above={<Crumb to="/clients" label={menu("clients")} />}
        actions={
          manages && (
            <div className="ers-actions">
              <Button onClick={() => setAsked("token")}>{text("new_token")}</Button>
              <Button variant="danger" onClick={() => setAsked("remove")}>
                {removeText("remove")}
              </Button>
            </div>
          )
        }
      />
      <PageSection>
        {query.isError && <ProblemAlert error={query.error} onAgain={() => query.refetch()} />}
        {query.isPending && <Skeleton height="12rem" />}
        {client && (
          <div className="ers-stack">
            <Known client={client} />
            <Tokens name={name} manages={manages} />
            {may("role:read") && <Roles name={name} />}
            {client.default_policy && may("policy:read") && <SetUp policy={client.default_policy} />}
          </div>
        )}
      </PageSection>
      {client && asked === "token" && <NewToken client={client} onMade={setMade} onClose={close} />}
      {asked === "remove" && (
        <Remove
          name={name}
          hint={text("remove_hint")}
          mutation={remove}
          onDone={() => go("/clients")}
          onClose={close}
        />
      )}
      {made && (
        <ShownOnce
          title={text("token_of", { name })}
          hint={text("token_use")}
          secret={made.token}
          onClose={() => setMade(undefined)}
        />
      )}
    </>
  );
}

function Known({ client }: { client: Client }) {
  const text = useText();
  const common = useCommonText();
  const term = useTerms();
  const { description } = client;
  return (
    <Card>
      <CardBody>
        <Facts
          rows={[
            [common("description"), description && <span translate="no">{description}</span>],
            [term("realm"), client.realm],
            [text("default_policy"), client.default_policy || text("default_policy_none")],
          ]}
        />
      </CardBody>
    </Card>
  );
}

function Roles({ name }: { name: string }) {
  const text = useText();
  const query = useBindingsOf("client", name);
  const rows = query.data ?? [];
  return (
    <Card>
      <CardTitle component="h2">{text("roles")}</CardTitle>
      <CardBody>
        {query.isError && <ProblemAlert error={query.error} onAgain={() => query.refetch()} />}
        {query.data && rows.length === 0 && <p className="ers-quiet">{text("no_roles")}</p>}
        <BindingTable label={text("roles")} rows={rows} />
      </CardBody>
    </Card>
  );
}

/** What is copied into it, for its default policy. */
function SetUp({ policy }: { policy: string }) {
  const text = useText();
  const query = usePolicy(policy);
  return (
    <section className="ers-stack" aria-label={text("set_up", { policy })}>
      <Title headingLevel="h2" size="md">
        {text("set_up", { policy })}
      </Title>
      {query.isError && <ProblemAlert error={query.error} onAgain={() => query.refetch()} />}
      {query.isPending && <Skeleton height="8rem" />}
      {query.data && <Clients name={policy} definition={query.data.definition} />}
    </section>
  );
}
