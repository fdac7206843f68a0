import { columnsOf, Labels, List, ProblemAlert, useNotices, useUrlState } from "@ers/frame";
import { Button, Label } from "@patternfly/react-core";
import { useState } from "react";
import type { Subscription } from "../../generated/clm-api.ts";
import { usePlace } from "../../parts/PlaceFields.tsx";
import { Remove, useRemoveText } from "../../parts/Remove.tsx";
import { pageOf } from "../../queries/api.ts";
import {
  useChangeSubscription,
  useSubscriptions,
  useTrySubscription,
  useUnsubscribe,
} from "../../queries/notifications.ts";
import { useAccess } from "../../queries/session.ts";
import { useRealm } from "../../realm.tsx";
import { useCommonText } from "../../words/common.ts";
import { useTerms } from "../../words/terms.ts";
import { withActive } from "./wish.ts";
import { useText } from "./words.ts";

/** Who wants to hear of what. */
export function Subscriptions(props: { manages: boolean; onChange: (subscription: Subscription) => void }) {
  const text = useText();
  const term = useTerms();
  const place = usePlace();
  const { realm } = useRealm();
  const query = useSubscriptions({ ...pageOf(useUrlState()), realm: realm || undefined });
  const [removing, setRemoving] = useState<string>();
  const remove = useUnsubscribe();
  const { mayEverywhere, mayInRealm } = useAccess();
  const mayChange = ({ realm }: Subscription) =>
    realm ? mayInRealm("notification:manage", realm) : mayEverywhere("notification:manage");
  return (
    <>
      <List
        label={text("subscriptions")}
        query={query}
        rows={query.data?.subscriptions ?? []}
        keyOf={(row) => row.name}
        filters={{ search: text("search") }}
        narrowed={realm !== ""}
        pages={{ next: query.data?.next_page_token, total: query.data?.total }}
        empty={{ title: text("empty"), hint: text("empty_hint") }}
        columns={columnsOf<Subscription>(
          {
            title: term("name"),
            breaks: true,
            cell: (row) => (
              <>
                <strong translate="no">{row.name}</strong>{" "}
                <Label isCompact status={row.active ? "success" : "warning"}>
                  {text(row.active ? "active" : "paused")}
                </Label>
              </>
            ),
          },
          {
            title: text("recipient"),
            breaks: true,
            cell: ({ recipient }) => (recipient ? <span translate="no">{recipient}</span> : text("contact")),
          },
          { title: text("events"), width: 35, cell: (row) => <Events row={row} /> },
          { title: term("realm"), cell: (row) => place(row.realm, row.policy) },
          props.manages && {
            title: term("actions"),
            silent: true,
            cell: (row) =>
              mayChange(row) && (
                <Actions row={row} onChange={props.onChange} onRemove={() => setRemoving(row.name)} />
              ),
          },
        )}
      />
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

function Events({ row }: { row: Subscription }) {
  const text = useText();
  return (
    <>
      <Labels of={row.events} most={9} />
      {row.days.length > 0 && (
        <div className="ers-quiet ers-small">
          {text("days")}: {row.days.toSorted((one, other) => other - one).join(", ")}
        </div>
      )}
    </>
  );
}

function Actions(props: {
  row: Subscription;
  onChange: (subscription: Subscription) => void;
  onRemove: () => void;
}) {
  const text = useText();
  const common = useCommonText();
  const removeText = useRemoveText();
  const tell = useNotices();
  const attempt = useTrySubscription();
  const change = useChangeSubscription();
  const { row } = props;
  const { name, active } = row;
  const turn = () =>
    change.mutate(withActive(row, !active), {
      onSuccess: () => tell(text(active ? "paused_done" : "continued", { name })),
    });
  const error = attempt.error ?? change.error;
  return (
    <>
      <div className="ers-actions">
        {row.channel !== "contact" && (
          <Button
            variant="secondary"
            size="sm"
            isLoading={attempt.isPending}
            onClick={() => attempt.mutate(name, { onSuccess: () => tell(text("tested", { name })) })}
          >
            {text("test")}
          </Button>
        )}
        <Button variant="secondary" size="sm" isLoading={change.isPending} onClick={turn}>
          {text(active ? "pause" : "continue")}
        </Button>
        <Button variant="secondary" size="sm" onClick={() => props.onChange(row)}>
          {common("change")}
        </Button>
        <Button variant="secondary" size="sm" isDanger onClick={props.onRemove}>
          {removeText("remove")}
        </Button>
      </div>
      {error ? <ProblemAlert error={error} /> : null}
    </>
  );
}
