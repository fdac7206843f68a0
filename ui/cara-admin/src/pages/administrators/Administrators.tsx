import { ConfirmByName, columnsOf, Labels, List, messages, PageHead, Time, useNotices } from "@ers/frame";
import { Button, Label, PageSection } from "@patternfly/react-core";
import { useState } from "react";
import type { Administrator } from "../../generated/cara-ws.ts";
import { useAdministrators, useDeleteAdministrator } from "../../queries/operation.ts";
import { useMay, useSeesAll } from "../../queries/session.ts";
import { useMenuText } from "../../words/menu.ts";
import { useTerms } from "../../words/terms.ts";
import { Change } from "./Change.tsx";
import { useText as useChangeText } from "./words.ts";

const useText = messages(
  {
    all: "all",
    cas: "CAs",
    change: "Change",
    disabled: "disabled",
    hint: "Who may do what here. They are known by their client certificates.",
    none: "Only the platform's own administrator so far.",
    remove: "Remove",
    remove_hint: "Their certificates show nobody any more. The certificates themselves are not revoked.",
    remove_title: "Remove {name}?",
    removed: "{name} is removed.",
    until: "until",
  },
  {
    all: "alle",
    cas: "CAs",
    change: "Ändern",
    disabled: "abgeschaltet",
    hint: "Wer hier was darf. Erkannt werden sie an ihren Client-Zertifikaten.",
    none: "Bisher nur der Administrator der Plattform selbst.",
    remove: "Entfernen",
    remove_hint: "Ihre Zertifikate weisen niemanden mehr aus. Die Zertifikate selbst werden nicht gesperrt.",
    remove_title: "{name} entfernen?",
    removed: "{name} ist entfernt.",
    until: "bis",
  },
);

/** Who administers the CAs. */
export default function Administrators() {
  const text = useText();
  const changing = useChangeText();
  const menu = useMenuText();
  const term = useTerms();
  const may = useMay();
  const manages = useSeesAll() && may("manage-administrators");
  const query = useAdministrators();
  const [open, setOpen] = useState<Administrator | "new">();
  const [removing, setRemoving] = useState<string>();
  return (
    <>
      <PageHead
        title={menu("administrators")}
        hint={text("hint")}
        actions={manages && <Button onClick={() => setOpen("new")}>{changing("new")}</Button>}
      />
      <PageSection isFilled>
        <List
          label={menu("administrators")}
          query={query}
          rows={query.data ?? []}
          keyOf={(row) => row.name}
          empty={{ title: text("none") }}
          columns={columnsOf<Administrator>(
            {
              title: term("name"),
              breaks: true,
              cell: (row) => (
                <>
                  <span translate="no">{row.name}</span>{" "}
                  {row.disabled && (
                    <Label isCompact status="warning">
                      {text("disabled")}
                    </Label>
                  )}
                </>
              ),
            },
            {
              title: term("roles"),
              cell: (row) => <Labels of={row.roles} most={4} />,
            },
            { title: text("cas"), cell: (row) => row.authorities.join(", ") || text("all") },
            {
              title: term("certificate"),
              width: 35,
              breaks: true,
              cell: (row) => <Certificates of={row} />,
            },
            manages && {
              title: term("actions"),
              silent: true,
              cell: (row) => (
                <div className="ers-actions">
                  <Button variant="secondary" size="sm" onClick={() => setOpen(row)}>
                    {text("change")}
                  </Button>
                  <Button variant="secondary" isDanger size="sm" onClick={() => setRemoving(row.name)}>
                    {text("remove")}
                  </Button>
                </div>
              ),
            },
          )}
        />
      </PageSection>
      {open && (
        <Change administrator={open === "new" ? undefined : open} onClose={() => setOpen(undefined)} />
      )}
      {removing && <Remove name={removing} onClose={() => setRemoving(undefined)} />}
    </>
  );
}

function Certificates({ of }: { of: Administrator }) {
  const text = useText();
  if (of.certificates.length === 0) return <>–</>;
  return of.certificates.map((shown) => (
    <div key={shown.fingerprint} className="ers-small">
      <span translate="no">{shown.subject}</span> {text("until")} <Time at={shown.not_after} quiet />
    </div>
  ));
}

function Remove({ name, onClose }: { name: string; onClose: () => void }) {
  const text = useText();
  const tell = useNotices();
  const remove = useDeleteAdministrator();
  const done = () => {
    tell(text("removed", { name }));
    onClose();
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
