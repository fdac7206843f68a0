import { List, PageHead, Time, useUrlState } from "@ers/frame";
import { PageSection } from "@patternfly/react-core";
import { Link } from "react-router";
import { pageOf } from "../../queries/api.ts";
import { useBulkActs } from "../../queries/bulk-acts.ts";
import { useMenuText } from "../../words/menu.ts";
import { Standing, State, useKind } from "./Standing.tsx";
import { useText } from "./words.ts";

/** Acts on many certificates, newest first. */
export default function BulkActs() {
  const text = useText();
  const menu = useMenuText();
  const kind = useKind();
  const { page_size, page_token } = pageOf(useUrlState());
  const query = useBulkActs({ page_size, page_token });
  return (
    <>
      <PageHead title={menu("bulk_acts")} hint={text("hint")} />
      <PageSection isFilled>
        <List
          label={menu("bulk_acts")}
          query={query}
          rows={query.data?.bulk_acts ?? []}
          keyOf={(act) => act.id}
          empty={{ title: text("empty"), hint: text("empty_hint") }}
          pages={{ next: query.data?.next_page_token, total: query.data?.total }}
          columns={[
            {
              title: text("act"),
              cell: (act) => (
                <Link to={`/bulk-acts/${act.id}`}>
                  {text("number", { id: act.id })}: {kind(act.kind)}
                </Link>
              ),
            },
            { title: text("state"), cell: (act) => <State act={act} /> },
            { title: text("progress"), width: 35, cell: (act) => <Standing act={act} /> },
            { title: text("begun"), cell: (act) => <Time at={act.created_at} /> },
            { title: text("by"), breaks: true, cell: (act) => <span translate="no">{act.created_by}</span> },
          ]}
        />
      </PageSection>
    </>
  );
}
