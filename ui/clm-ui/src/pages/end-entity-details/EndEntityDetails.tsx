import { Crumb, Facts, PageHead, ProblemAlert, Time, useNotices } from "@ers/frame";
import { Button, Card, CardBody, PageSection, Skeleton } from "@patternfly/react-core";
import { useState } from "react";
import { Link, useNavigate, useParams } from "react-router";
import type { EndEntity } from "../../generated/clm-api.ts";
import { Remove, useRemoveText } from "../../parts/Remove.tsx";
import { useChangeEndEntity, useEndEntity, useRemoveEndEntity } from "../../queries/end-entities.ts";
import { useAccess } from "../../queries/session.ts";
import { useCommonText } from "../../words/common.ts";
import { useMenuText } from "../../words/menu.ts";
import { useTerms } from "../../words/terms.ts";
import { ChangeEndEntity } from "../end-entity-list/Change.tsx";
import { Marks } from "../end-entity-list/EndEntityList.tsx";
import { useText } from "../end-entity-list/words.ts";
import { Credentials } from "./Credentials.tsx";

/** An end entity: what is known of it, what it is known by, and what can be done to it. */
export default function EndEntityDetails() {
  const { realm = "", name = "" } = useParams();
  const text = useText();
  const menu = useMenuText();
  const go = useNavigate();
  const manages = useAccess().mayInRealm("end-entity:manage", realm);
  const query = useEndEntity(realm, name);
  const remove = useRemoveEndEntity(realm);
  const [asked, setAsked] = useState<"change" | "remove">();
  const entity = query.data;
  const close = () => setAsked(undefined);
  return (
    <>
      <PageHead
        title={name}
        above={<Crumb to="/end-entities" label={menu("end_entities")} />}
        mark={entity && <Marks entity={entity} />}
        actions={entity && manages && <Actions entity={entity} onAsk={setAsked} />}
      />
      <PageSection>
        {query.isError && <ProblemAlert error={query.error} onAgain={() => query.refetch()} />}
        {query.isPending && <Skeleton height="12rem" />}
        {entity && (
          <div className="ers-stack">
            <Known entity={entity} />
            <Credentials entity={entity} manages={manages} />
          </div>
        )}
      </PageSection>
      {entity && asked === "change" && <ChangeEndEntity realm={realm} entity={entity} onClose={close} />}
      {asked === "remove" && (
        <Remove
          name={name}
          hint={text("remove_hint")}
          mutation={remove}
          onDone={() => go("/end-entities")}
          onClose={close}
        />
      )}
    </>
  );
}

function Actions(props: { entity: EndEntity; onAsk: (asked: "change" | "remove") => void }) {
  const text = useText();
  const common = useCommonText();
  const removeText = useRemoveText();
  const tell = useNotices();
  const { realm, name, state, version } = props.entity;
  const change = useChangeEndEntity(realm, name);
  const active = state === "active";
  const turn = () =>
    change.mutate(
      { state: active ? "suspended" : "active", version },
      { onSuccess: () => tell(text(active ? "blocked" : "unblocked", { name })) },
    );
  return (
    <>
      <div className="ers-actions">
        <Button variant="secondary" onClick={() => props.onAsk("change")}>
          {common("change")}
        </Button>
        <Button
          variant="secondary"
          isLoading={change.isPending}
          onClick={turn}
          title={active ? text("block_hint") : ""}
        >
          {text(active ? "block" : "unblock")}
        </Button>
        <Button variant="danger" onClick={() => props.onAsk("remove")}>
          {removeText("remove")}
        </Button>
      </div>
      {change.error ? <ProblemAlert error={change.error} /> : null}
    </>
  );
}

function Known({ entity }: { entity: EndEntity }) {
  const text = useText();
  const term = useTerms();
  const own = (value: string) => value !== "" && <span translate="no">{value}</span>;
  const found = new URLSearchParams({ entity: entity.name });
  return (
    <Card>
      <CardBody>
        <Facts
          rows={[
            [term("realm"), entity.realm],
            [text("owners"), own(entity.owners.join(", "))],
            [text("contact"), own(entity.contact)],
            [text("made"), <Time key="m" at={entity.created_at} />],
            [
              text("certificates"),
              <Link key="c" to={`/certificates?${found}`}>
                {text("show_certificates")}
              </Link>,
            ],
            ...Object.entries(entity.metadata).map(([name, value]): [string, React.ReactNode] => [
              name,
              own(value),
            ]),
          ]}
        />
      </CardBody>
    </Card>
  );
}
