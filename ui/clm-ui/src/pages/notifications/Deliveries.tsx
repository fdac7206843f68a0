import { carryOut, columnsOf, List, ProblemAlert, useFormats, useNotices, useUrlState } from "@ers/frame";
import { Button, Label } from "@patternfly/react-core";
import type { Delivery } from "../../generated/clm-api.ts";
import { ALL } from "../../queries/api.ts";
import { useDeliveries, useRetryDelivery, useSubscriptions } from "../../queries/notifications.ts";
import { useTerms } from "../../words/terms.ts";
import { useText } from "./words.ts";

const STATES = { pending: "info", delivered: "success", failed: "danger" } as const;
const isKnown = (state: string): state is keyof typeof STATES => state in STATES;

/** What was told and is to be, newest first. */
export function Deliveries({ manages }: { manages: boolean }) {
  const text = useText();
  const state = useUrlState();
  const filter = {
    state: state.get("state") || undefined,
    subscription: state.get("subscription") || undefined,
  };
  const query = useDeliveries({ ...filter, page_size: state.rows, page_token: state.tokens.at(-1) });
  const { moment, relative } = useFormats();
  const term = useTerms();
  const subscriptions = useSubscriptions(ALL).data?.subscriptions ?? [];
  return (
    <List
      label={text("deliveries")}
      query={query}
      rows={query.data?.deliveries ?? []}
      keyOf={(row) => row.id}
      filters={{
        daily: [
          {
            kind: "toggle",
            name: "state",
            label: term("state"),
            choices: (["pending", "delivered", "failed"] as const).map((name) => [name, text(name)]),
          },
          {
            kind: "select",
            name: "subscription",
            label: text("subscription"),
            all: text("any_subscription"),
            choices: subscriptions.map(({ name }) => [name, name]),
          },
        ],
      }}
      empty={{ title: text("empty_deliveries") }}
      pages={{ next: query.data?.next_page_token, total: query.data?.total }}
      columns={columnsOf<Delivery>(
        {
          title: text("when"),
          cell: ({ created_at: at }) => (
            <time dateTime={at} title={relative(at)}>
              {moment(at)}
            </time>
          ),
        },
        {
          title: text("subscription"),
          breaks: true,
          cell: (row) => <span translate="no">{row.subscription}</span>,
        },
        { title: text("event"), cell: ({ event }) => <span translate="no">{event}</span> },
        {
          title: text("recipient"),
          width: 35,
          breaks: true,
          cell: (row) => (
            <>
              <span translate="no">{row.recipient}</span>
              {row.last_error && (
                <div className="ers-small ers-break" translate="no">
                  {row.last_error}
                </div>
              )}
            </>
          ),
        },
        { title: term("state"), cell: (row) => <State row={row} /> },
        manages && {
          title: term("actions"),
          silent: true,
          cell: (row) => row.state !== "delivered" && <Retry id={row.id} />,
        },
      )}
    />
  );
}

function State({ row }: { row: Delivery }) {
  const text = useText();
  const { relative } = useFormats();
  const { state, attempts, next_attempt_at: next } = row;
  return (
    <>
      <Label isCompact {...(isKnown(state) && { status: STATES[state] })}>
        {isKnown(state) ? text(state) : state}
      </Label>
      <div className="ers-quiet ers-small">
        {text("attempts", { n: attempts })}
        {next && `, ${text("next", { when: relative(next) })}`}
      </div>
    </>
  );
}

function Retry({ id }: { id: number }) {
  const text = useText();
  const tell = useNotices();
  const retry = useRetryDelivery();
  return (
    <>
      <Button
        variant="secondary"
        size="sm"
        isLoading={retry.isPending}
        onClick={() => carryOut(retry, id, () => tell(text("retried")))}
      >
        {text("retry")}
      </Button>
      {retry.error ? <ProblemAlert error={retry.error} /> : null}
    </>
  );
}
