import { List, PageHead, useTrailFilters, useUrlState } from "@ers/frame";
import { PageSection } from "@patternfly/react-core";
import { useEvents } from "../../queries/audit.ts";
import { useAccess } from "../../queries/session.ts";
import { useRealm } from "../../realm.tsx";
import { useMenuText } from "../../words/menu.ts";
import { useColumns } from "./columns.tsx";
import { spanOf } from "./span.ts";
import { Exports, Verify } from "./Trail.tsx";
import { useText } from "./words.ts";

/** What was done by whom: searched, saved, verified. */
export default function Audit() {
  const text = useText();
  const menu = useMenuText();
  const state = useUrlState();
  const columns = useColumns();
  const trail = useTrailFilters("actor", "policy, policy.apply");
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
            filters={{
              search: text("search"),
              daily: [
                ...trail,
                { kind: "day", name: "from", label: text("from") },
                { kind: "day", name: "until", label: text("until") },
              ],
            }}
            narrowed={realm !== ""}
            empty={{ title: text("empty") }}
            pages={{ next: query.data?.next_page_token, total: query.data?.total }}
          />
        </div>
      </PageSection>
    </>
  );
}
