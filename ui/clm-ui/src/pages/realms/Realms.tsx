import { ListCard, PageHead, ProblemAlert, Time, useNotices, useUrlState } from "@ers/frame";
import { Button, EmptyState, Label, PageSection, ToggleGroup, ToggleGroupItem } from "@patternfly/react-core";
import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import { useState } from "react";
import type { Realm } from "../../generated/clm-api.ts";
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
  const common = useCommonText();
  const state = useUrlState();
  const manages = useAccess().mayEverywhere("realm:manage");
  const query = useRealms();
  const shown = state.get("state");
  const rows = (query.data ?? []).filter(
    ({ archived_at }) => !shown || Boolean(archived_at) === (shown === "archived"),
  );
  const [open, setOpen] = useState<Realm | "new">();
  const [archiving, setArchiving] = useState<Realm>();
  const [removing, setRemoving] = useState<string>();
  const remove = useDeleteRealm();
  const choices = [
    ["", common("all")],
    ["used", text("used")],
    ["archived", text("archived")],
  ] as const;
  return (
    <>
      <PageHead
        title={menu("realms")}
        hint={text("hint")}
        actions={manages && <Button onClick={() => setOpen("new")}>{text("new")}</Button>}
      />
      <PageSection isFilled>
        <ListCard
          query={query}
          count={rows.length}
          filtered={shown !== ""}
          onClear={() => state.set({ state: "" })}
          toolbar={
            <search className="ers-toolbar">
              <ToggleGroup aria-label={text("use")}>
                {choices.map(([name, label]) => (
                  <ToggleGroupItem
                    key={name}
                    text={label}
                    isSelected={shown === name}
                    onChange={() => state.set({ state: name })}
                  />
                ))}
              </ToggleGroup>
            </search>
          }
          empty={<EmptyState titleText={text("empty")} headingLevel="h2" />}
        >
          <Rows
            rows={rows}
            onChange={setOpen}
            onArchive={setArchiving}
            onRemove={manages ? setRemoving : undefined}
          />
        </ListCard>
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

function Rows({ rows, ...acts }: { rows: Realm[] } & Acts) {
  const text = useText();
  const menu = useMenuText();
  const term = useTerms();
  const { may, mayInRealm } = useAccess();
  const acting = may("realm:manage");
  return (
    <Table aria-label={menu("realms")} variant="compact" gridBreakPoint="grid-lg">
      <Thead>
        <Tr>
          <Th>{term("name")}</Th>
          <Th width={35}>{text("title")}</Th>
          <Th>{text("made")}</Th>
          {acting && <Th screenReaderText={term("actions")} />}
        </Tr>
      </Thead>
      <Tbody>
        {rows.map((row) => (
          <Tr key={row.name}>
            <Td dataLabel={term("name")} modifier="breakWord">
              <strong translate="no">{row.name}</strong>{" "}
              {row.archived_at && (
                <Label isCompact status="warning">
                  {text("archived")}
                </Label>
              )}
              {row.ready && <Label isCompact>{text("ready")}</Label>}
            </Td>
            <Td dataLabel={text("title")} modifier="breakWord">
              <span translate="no">{row.title}</span>
              <div className="ers-quiet ers-small" translate="no">
                {row.description}
              </div>
            </Td>
            <Td dataLabel={text("made")}>
              <Time at={row.created_at} quiet />
            </Td>
            {acting && (
              <Td dataLabel={term("actions")}>
                {mayInRealm("realm:manage", row.name) && <Actions row={row} {...acts} />}
              </Td>
            )}
          </Tr>
        ))}
      </Tbody>
    </Table>
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
