import { ConfirmByName, Crumb, PageHead, ProblemAlert, useNotices } from "@ers/frame";
import { Button, PageSection, Skeleton } from "@patternfly/react-core";
import { useState } from "react";
import { useNavigate, useParams } from "react-router";
import { useDeleteProfile, useProfile } from "../../queries/profiles.ts";
import { useMay } from "../../queries/session.ts";
import { useMenuText } from "../../words/menu.ts";
import { Draft } from "./Draft.tsx";
import { useText } from "./words.ts";

/** A profile: its text to be changed, beside an example of what it makes. */
export default function Profile() {
  const { name = "" } = useParams();
  const text = useText();
  const menu = useMenuText();
  const may = useMay();
  const isNew = name === "";
  const query = useProfile(name);
  const profile = isNew ? undefined : query.data;
  const [removing, setRemoving] = useState(false);
  const stored = profile !== undefined && profile.version > 0;
  const above = <Crumb to="/profiles" label={menu("profiles")} />;
  const hint = profile && (
    <>
      <span translate="no">{profile.description}</span>{" "}
      {stored && text("by", { version: profile.version, who: profile.put_by ?? "" })}
    </>
  );
  return (
    <>
      <PageHead
        title={isNew ? text("new") : name}
        above={above}
        hint={isNew ? text("new_hint") : hint}
        actions={
          stored &&
          may("manage-profiles") && (
            <Button variant="danger" onClick={() => setRemoving(true)}>
              {text("remove")}
            </Button>
          )
        }
      />
      <PageSection isFilled>
        {!isNew && query.isError && <ProblemAlert error={query.error} onAgain={() => query.refetch()} />}
        {!isNew && query.isPending && <Skeleton height="20rem" />}
        {isNew && <Draft key="new" profile={undefined} />}
        {profile && <Draft key={`${name}-${profile.version}`} profile={profile} />}
      </PageSection>
      {removing && <Remove name={name} onClose={() => setRemoving(false)} />}
    </>
  );
}

function Remove({ name, onClose }: { name: string; onClose: () => void }) {
  const text = useText();
  const tell = useNotices();
  const go = useNavigate();
  const remove = useDeleteProfile();
  const done = () => {
    tell(text("removed", { name }));
    go("/profiles");
  };
  return (
    <ConfirmByName
      title={text("remove_title", { name })}
      name={name}
      action={text("remove")}
      busy={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate(name, { onSuccess: done })}
      onClose={onClose}
    >
      <p>{text("remove_hint")}</p>
    </ConfirmByName>
  );
}
