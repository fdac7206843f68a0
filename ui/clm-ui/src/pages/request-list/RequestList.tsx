import { ListCard, messages, PageHead, Pager, useUrlState } from "@ers/frame";
import {
  Button,
  EmptyState,
  EmptyStateBody,
  FormSelect,
  FormSelectOption,
  PageSection,
} from "@patternfly/react-core";
import { Link } from "react-router";
import { RequestTable } from "../../parts/RequestTable.tsx";
import { useRequests } from "../../queries/requests.ts";
import { useAccess } from "../../queries/session.ts";
import { useMenuText } from "../../words/menu.ts";
import { useTerms } from "../../words/terms.ts";

const STATES = ["pending-approval", "approved", "issued", "declined", "failed"] as const;

const useText = messages(
  {
    all: "All states",
    empty: "No requests yet",
    empty_hint:
      "Requests that wait for a person, were declined or failed show here. What a policy allows is issued at once.",
    hint: "Requests that people decided, or have to; newest first.",
  },
  {
    all: "Alle Zustände",
    empty: "Noch keine Anträge",
    empty_hint:
      "Hier erscheinen Anträge, die auf einen Menschen warten, abgelehnt wurden oder scheiterten. Was eine Richtlinie erlaubt, wird sofort ausgestellt.",
    hint: "Anträge, über die Menschen entschieden haben oder entscheiden müssen; neueste zuerst.",
  },
);

/** Requests in every state. */
export default function RequestList() {
  const text = useText();
  const menu = useMenuText();
  const term = useTerms();
  const state = useUrlState();
  const wanted = state.get("state");
  const query = useRequests({
    state: wanted || undefined,
    page_size: state.rows,
    page_token: state.tokens.at(-1),
  });
  const { may } = useAccess();
  const rows = query.data?.requests ?? [];
  return (
    <>
      <PageHead title={menu("requests")} hint={text("hint")} />
      <PageSection isFilled>
        <ListCard
          query={query}
          count={rows.length}
          filtered={wanted !== "" || state.tokens.length > 0}
          onClear={() => state.set({ state: "" })}
          toolbar={
            <div className="ers-toolbar">
              <FormSelect
                className="ers-select"
                aria-label={term("state")}
                value={wanted}
                onChange={(_, value) => state.set({ state: value })}
              >
                <FormSelectOption value="" label={text("all")} />
                {STATES.map((name) => (
                  <FormSelectOption
                    key={name}
                    value={name}
                    label={term(name === "pending-approval" ? "pending_approval" : name)}
                  />
                ))}
              </FormSelect>
            </div>
          }
          empty={
            <EmptyState titleText={text("empty")} headingLevel="h2">
              <EmptyStateBody>{text("empty_hint")}</EmptyStateBody>
              {may("request:create") && (
                <Button component={(props) => <Link {...props} to="/request" />}>{menu("request")}</Button>
              )}
            </EmptyState>
          }
        >
          <RequestTable label={menu("requests")} rows={rows} />
          <Pager
            state={state}
            total={query.data?.total ?? 0}
            shown={rows.length}
            next={query.data?.next_page_token}
          />
        </ListCard>
      </PageSection>
    </>
  );
}
