import { ListCard, PageHead, Pager, SearchField, useUrlState } from "@ers/frame";
import { EmptyState, PageSection, TextInput } from "@patternfly/react-core";
import { useEvents } from "../../queries/audit.ts";
import { useAccess } from "../../queries/session.ts";
import { useRealm } from "../../realm.tsx";
import { useMenuText } from "../../words/menu.ts";
import { Events } from "./Events.tsx";
import { spanOf } from "./span.ts";
import { Exports, Verify } from "./Trail.tsx";
import { useText } from "./words.ts";

const FILTERS = ["search", "actor", "act", "from", "until"] as const;

/** What was done by whom: searched, saved, verified. */
export default function Audit() {
  const text = useText();
  const menu = useMenuText();
  const state = useUrlState();
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
  const rows = query.data?.events ?? [];
  const filtered = realm !== "" || state.tokens.length > 0 || FILTERS.some((name) => state.get(name) !== "");
  return (
    <>
      <PageHead title={menu("audit")} hint={text("hint")} actions={<Exports span={span} realm={realm} />} />
      <PageSection isFilled>
        <div className="ers-stack">
          {mayEverywhere("audit:read") && <Verify />}
          <ListCard
            query={query}
            count={rows.length}
            filtered={filtered}
            onClear={() => state.set(Object.fromEntries(FILTERS.map((name) => [name, ""])))}
            toolbar={<Filters state={state} />}
            empty={<EmptyState titleText={text("empty")} headingLevel="h2" />}
          >
            <Events rows={rows} />
            <Pager
              state={state}
              total={query.data?.total ?? 0}
              shown={rows.length}
              next={query.data?.next_page_token}
            />
          </ListCard>
        </div>
      </PageSection>
    </>
  );
}

function Filters({ state }: { state: ReturnType<typeof useUrlState> }) {
  const text = useText();
  const day = (name: "from" | "until") => (
    <span className="ers-day">
      <label htmlFor={`audit-${name}`}>{text(name)}</label>
      <TextInput
        id={`audit-${name}`}
        type="date"
        value={state.get(name)}
        onChange={(_, value) => state.set({ [name]: value })}
      />
    </span>
  );
  return (
    <search className="ers-toolbar">
      <SearchField state={state} name="search" label={text("search")} />
      <SearchField state={state} name="actor" label={text("actor_filter")} />
      <SearchField state={state} name="act" label={text("act_filter")} />
      {day("from")}
      {day("until")}
    </search>
  );
}
