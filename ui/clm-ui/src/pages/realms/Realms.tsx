import { columnsOf, List, PageHead, ProblemAlert, Time, useNotices, useUrlState } from "@ers/frame";
import { Button, Label, PageSection } from "@patternfly/react-core";
import { useState } from "react";
import type { Realm } from "../../generated/clm-api.ts";
import { matches } from "../../lists.ts";
import { Remove, useRemoveText } from "../../parts/Remove.tsx";
import { useChangeRealm, useDeleteRealm, useRealms } from "../../queries/realms.ts";
import { useAccess } from "../../queries/session.ts";
import { useCommonText } from "../../words/common.ts";
import { useMenuText } from "../../words/menu.ts";
import { useTerms } from "../../words/terms.ts";
import { Archive } from "./Archive.tsx";
import { Change } from "./Change.tsx";
import { useText } from "./words.ts";

/** The realms, in use and archived. */
export default function Realms() {
  const text = useText();
  const menu = useMenuText();
  const term = useTerms();
  const state = useUrlState();
  const { may, mayEverywhere, mayInRealm } = useAccess();
  const manages = mayEverywhere("realm:manage");
  const query = useRealms();
  const shown = state.get("state");
  const search = state.get("search");
  const rows = (query.data ?? [])
    .filter(({ archived_at }) => !shown || Boolean(archived_at) === (shown === "archived"))
    .filter(({ name, title, description }) => matches(search, name, title, description));
  const [open, setOpen] = useState<Realm | "new">();
  const [archiving, setArchiving] = useState<Realm>();
  const [removing, setRemoving] = useState<string>();
  const remove = useDeleteRealm();
  return (
    <>
      <PageHead
        title={menu("realms")}
        hint={text("hint")}
        actions={manages && <Button onClick={() => setOpen("new")}>{text("new")}</Button>}
      />
      <PageSection isFilled>
        <List
          label={menu("realms")}
          query={query}
          rows={rows}
          keyOf={(row) => row.name}
          filters={{
            search: text("search"),
            daily: [
              {
                kind: "toggle",
                name: "state",
                label: text("use"),
                choices: [
                  ["used", text("used")],
                  ["archived", text("archived")],
                ],
              },
            ],
          }}
          empty={{ title: text("empty") }}
          columns={columnsOf<Realm>(
            { title: term("name"), breaks: true, cell: (row) => <Name row={row} /> },
            {
              title: text("title"),
              width: 35,
              breaks: true,
              cell: (row) => (
                <>
                  <span translate="no">{row.title}</span>
                  <div className="ers-quiet ers-small" translate="no">
                    {row.description}
                  </div>
                </>
              ),
            },
            { title: text("made"), cell: (row) => <Time at={row.created_at} quiet /> },
            may("realm:manage") && {
              title: term("actions"),
              silent: true,
              cell: (row) =>
                mayInRealm("realm:manage", row.name) && (
                  <Actions
                    row={row}
                    onChange={setOpen}
                    onArchive={setArchiving}
                    onRemove={manages ? setRemoving : undefined}
                  />
                ),
            },
          )}
        />
      </PageSection>
      {open && <Change realm={open === "new" ? undefined : open} onClose={() => setOpen(undefined)} />}
      {archiving && <Archive name={archiving.name} onClose={() => setArchiving(undefined)} />}
      {removing && (
        <Remove
          name={removing}
          hint={text("remove_hint")}
          mutation={remove}
          onClose={() => {
            remove.reset();
            setRemoving(undefined);
          }}
        />
      )}
    </>
  );
}

type Acts = {
  onChange: (realm: Realm) => void;
  onArchive: (realm: Realm) => void;
  onRemove: ((name: string) => void) | undefined;
};

function Name({ row }: { row: Realm }) {
  const text = useText();
  return (
    <>
      <strong translate="no">{row.name}</strong>{" "}
      {row.archived_at && (
        <Label isCompact status="warning">
          {text("archived")}
        </Label>
      )}
      {row.ready && <Label isCompact>{text("ready")}</Label>}
    </>
  );
}

function Actions({ row, onChange, onArchive, onRemove }: { row: Realm } & Acts) {
  const text = useText();
  const common = useCommonText();
  const removeText = useRemoveText();
  const tell = useNotices();
  const change = useChangeRealm(row.name);
  const use = () =>
    change.mutate({ archived: false }, { onSuccess: () => tell(text("in_use", { name: row.name })) });
  return (
    <>
      <div className="ers-actions">
        <Button variant="secondary" size="sm" onClick={() => onChange(row)}>
          {common("change")}
        </Button>
        {!row.ready && !row.archived_at && (
          <Button variant="secondary" size="sm" isDanger onClick={() => onArchive(row)}>
            {text("archive")}
          </Button>
        )}
        {row.archived_at && (
          <Button variant="secondary" size="sm" isLoading={change.isPending} onClick={use}>
            {text("use_again")}
          </Button>
        )}
        {row.archived_at && onRemove && (
          <Button variant="secondary" size="sm" isDanger onClick={() => onRemove(row.name)}>
            {removeText("remove")}
          </Button>
        )}
      </div>
      {change.error ? <ProblemAlert error={change.error} /> : null}
    </>
  );
}
