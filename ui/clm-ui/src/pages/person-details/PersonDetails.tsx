import { Crumb, Facts, PageHead, ProblemAlert, Time, useNotices } from "@ers/frame";
import { Button, Card, CardBody, CardTitle, PageSection, Skeleton } from "@patternfly/react-core";
import { useState } from "react";
import { useNavigate, useParams } from "react-router";
import type { Person } from "../../generated/clm-api.ts";
import { BindingTable } from "../../parts/BindingTable.tsx";
import { GiveRole, useGiveText } from "../../parts/GiveRole.tsx";
import { Remove, useRemoveText } from "../../parts/Remove.tsx";
import { useChangePerson, usePerson, useRemovePerson } from "../../queries/people.ts";
import { useBindingsOf } from "../../queries/roles.ts";
import { useAccess } from "../../queries/session.ts";
import { useCommonText } from "../../words/common.ts";
import { useMenuText } from "../../words/menu.ts";
import { Marks } from "../people/People.tsx";
import { useText } from "../people/words.ts";
import { Change, NewPassword, ResetSecondFactor } from "./dialogs.tsx";

type Asked = "change" | "password" | "reset" | "remove" | "give";

/** A local account: what is known of it, its roles, and what can be done to it. */
export default function PersonDetails() {
  const { username = "" } = useParams();
  const menu = useMenuText();
  const { may, mayEverywhere } = useAccess();
  const query = usePerson(username);
  const [asked, setAsked] = useState<Asked>();
  const above = <Crumb to="/people" label={menu("people")} />;
  const person = query.data;
  const manages = mayEverywhere("person:manage");
  return (
    <>
      <PageHead
        title={username}
        above={above}
        mark={person && <Marks person={person} />}
        actions={person && manages && <Actions person={person} onAsk={setAsked} />}
      />
      <PageSection>
        {query.isError && <ProblemAlert error={query.error} onAgain={() => query.refetch()} />}
        {query.isPending && <Skeleton height="12rem" />}
        {person && (
          <div className="ers-stack">
            <Known person={person} />
            {may("role:read") && <Roles username={username} onGive={() => setAsked("give")} />}
          </div>
        )}
      </PageSection>
      {person && <Dialog person={person} asked={asked} onClose={() => setAsked(undefined)} />}
    </>
  );
}

function Known({ person }: { person: Person }) {
  const text = useText();
  return (
    <Card>
      <CardBody>
        <Facts
          rows={[
            [text("display_name"), person.display_name && <span translate="no">{person.display_name}</span>],
            [text("email"), person.email && <span translate="no">{person.email}</span>],
            [text("created"), <Time key="c" at={person.created_at} />],
            [
              text("last_login"),
              person.last_login_at ? <Time key="l" at={person.last_login_at} /> : text("never"),
            ],
            [
              text("certificate"),
              person.certificate && <span className="ers-mono">{person.certificate}</span>,
            ],
          ]}
        />
      </CardBody>
    </Card>
  );
}

function Roles({ username, onGive }: { username: string; onGive: () => void }) {
  const text = useText();
  const give = useGiveText();
  const { may } = useAccess();
  const query = useBindingsOf("person", username);
  const rows = query.data ?? [];
  return (
    <Card>
      <CardTitle component="h2">{text("roles")}</CardTitle>
      <CardBody>
        <div className="ers-stack">
          {query.isError && <ProblemAlert error={query.error} onAgain={() => query.refetch()} />}
          {query.isPending && <Skeleton height="4rem" />}
          {query.data && rows.length === 0 && <p className="ers-quiet">{text("no_roles")}</p>}
          <BindingTable label={text("roles")} rows={rows} />
          {may("role:manage") && (
            <div>
              <Button variant="secondary" onClick={onGive}>
                {give("give")}
              </Button>
            </div>
          )}
        </div>
      </CardBody>
    </Card>
  );
}

function Actions({ person, onAsk }: { person: Person; onAsk: (asked: Asked) => void }) {
  const text = useText();
  const common = useCommonText();
  const removeText = useRemoveText();
  const tell = useNotices();
  const change = useChangePerson(person.username);
  const name = person.username;
  const turn = () =>
    change.mutate(
      { closed: !person.closed },
      { onSuccess: () => tell(text(person.closed ? "opened" : "closed_done", { name })) },
    );
  return (
    <>
      <div className="ers-actions">
        <Button variant="secondary" onClick={() => onAsk("change")}>
          {common("change")}
        </Button>
        <Button variant="secondary" onClick={() => onAsk("password")}>
          {text("new_password")}
        </Button>
        {person.second_factor && (
          <Button variant="secondary" onClick={() => onAsk("reset")}>
            {text("reset")}
          </Button>
        )}
        <Button variant="secondary" isLoading={change.isPending} onClick={turn}>
          {text(person.closed ? "open" : "close")}
        </Button>
        <Button variant="danger" onClick={() => onAsk("remove")}>
          {removeText("remove")}
        </Button>
      </div>
      {change.error ? <ProblemAlert error={change.error} /> : null}
    </>
  );
}

function Dialog(props: { person: Person; asked: Asked | undefined; onClose: () => void }) {
  const text = useText();
  const go = useNavigate();
  const remove = useRemovePerson();
  const { person, onClose } = props;
  switch (props.asked) {
    case "change":
      return <Change person={person} onClose={onClose} />;
    case "password":
      return <NewPassword username={person.username} onClose={onClose} />;
    case "reset":
      return <ResetSecondFactor username={person.username} onClose={onClose} />;
    case "give":
      return <GiveRole subject={person.username} onClose={onClose} />;
    case "remove":
      return (
        <Remove
          name={person.username}
          hint={text("remove_hint")}
          mutation={remove}
          onDone={() => go("/people")}
          onClose={onClose}
        />
      );
    default:
      return null;
  }
}
