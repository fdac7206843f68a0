import { List, messages, PageHead, useUrlState } from "@ers/frame";
import { Button, PageSection } from "@patternfly/react-core";
import { Link } from "react-router";
import { useRequestColumns } from "../../parts/request-columns.tsx";
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
    all_whose: "All",
    mine: "My requests",
    whose: "Whose",
  },
  {
    all: "Alle Zustände",
    empty: "Noch keine Anträge",
    empty_hint:
      "Hier erscheinen Anträge, die auf einen Menschen warten, abgelehnt wurden oder scheiterten. Was eine Richtlinie erlaubt, wird sofort ausgestellt.",
    hint: "Anträge, über die Menschen entschieden haben oder entscheiden müssen; neueste zuerst.",
    all_whose: "Alle",
    mine: "Meine Anträge",
    whose: "Wessen",
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
    mine: state.get("whose") === "mine" || undefined,
    page_size: state.rows,
    page_token: state.tokens.at(-1),
  });
  const { may } = useAccess();
  const columns = useRequestColumns();
  return (
    <>
      <PageHead title={menu("requests")} hint={text("hint")} />
      <PageSection isFilled>
        <List
          label={menu("requests")}
          query={query}
          rows={query.data?.requests ?? []}
          keyOf={(row) => row.id}
          columns={columns}
          filters={{
            daily: [
              {
                kind: "toggle",
                name: "whose",
                label: text("whose"),
                all: text("all_whose"),
                choices: [["mine", text("mine")]],
              },
              {
                kind: "select",
                name: "state",
                label: term("state"),
                all: text("all"),
                choices: STATES.map((name) => [
                  name,
                  term(name === "pending-approval" ? "pending_approval" : name),
                ]),
              },
            ],
          }}
          empty={{
            title: text("empty"),
            hint: text("empty_hint"),
            act: may("request:create") && (
              <Button component={(props) => <Link {...props} to="/request" />}>{menu("request")}</Button>
            ),
          }}
          pages={{ next: query.data?.next_page_token, total: query.data?.total }}
        />
      </PageSection>
    </>
  );
}
