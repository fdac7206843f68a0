import { DayFilter, List, PageHead, SearchField, Toolbar, useUrlState } from "@ers/frame";
import { PageSection } from "@patternfly/react-core";
import { useEvents } from "../../queries/audit.ts";
import { useAccess } from "../../queries/session.ts";
import { useRealm } from "../../realm.tsx";
import { useMenuText } from "../../words/menu.ts";
import { useColumns } from "./columns.tsx";
import { spanOf } from "./span.ts";
import { Exports, Verify } from "./Trail.tsx";
import { useText } from "./words.ts";

const FILTERS = ["search", "actor", "act", "from", "until"] as const;

/** What was done by whom: searched, saved, verified. */
export default function Audit() {
  const text = useText();
  const menu = useMenuText();
  const state = useUrlState();
  const columns = useColumns();
  const { realm } = useRealm();
  const { mayEverywhere } = useAccess();
  const span = spanOf(state.get("from"), state.get("until"));
  const query = useEvents({
    ...span,
    search: state.get("search") || undefined,
    actor: state.get("actor").trim() || undefined,
    act: state.get("act").trim() || undefined,
    realm: realm || undefined,
    page_size: state.rows,
    page_token: state.tokens.at(-1),
  });
  return (
    <>
      <PageHead title={menu("audit")} hint={text("hint")} actions={<Exports span={span} realm={realm} />} />
      <PageSection isFilled>
        <div className="ers-stack">
          {mayEverywhere("audit:read") && <Verify />}
          <List
            label={menu("audit")}
            query={query}
            rows={query.data?.events ?? []}
            keyOf={(row) => row.sequence ?? `${row.at} ${row.act} ${row.object}`}
            columns={columns}
            filters={FILTERS}
            narrowed={realm !== ""}
            toolbar={
              <Toolbar search={text("search")}>
                <SearchField state={state} name="actor" label={text("actor_filter")} />
                <SearchField state={state} name="act" label={text("act_filter")} />
                <DayFilter state={state} name="from" label={text("from")} />
                <DayFilter state={state} name="until" label={text("until")} />
              </Toolbar>
            }
            empty={{ title: text("empty") }}
            pages={{ next: query.data?.next_page_token, total: query.data?.total }}
          />
        </div>
      </PageSection>
    </>
  );
}
