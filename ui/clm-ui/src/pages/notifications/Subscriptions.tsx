import { ListCard, ProblemAlert, useNotices } from "@ers/frame";
import { Button, EmptyState, EmptyStateBody, Label, LabelGroup } from "@patternfly/react-core";
import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import { useState } from "react";
import type { Subscription } from "../../generated/clm-api.ts";
import { usePlace } from "../../parts/PlaceFields.tsx";
import { Remove, useRemoveText } from "../../parts/Remove.tsx";
import {
  useChangeSubscription,
  useSubscriptions,
  useTrySubscription,
  useUnsubscribe,
} from "../../queries/notifications.ts";
import { useCommonText } from "../../words/common.ts";
import { useTerms } from "../../words/terms.ts";
import { withActive } from "./wish.ts";
import { useText } from "./words.ts";

/** Who wants to hear of what. */
export function Subscriptions(props: { manages: boolean; onChange: (subscription: Subscription) => void }) {
  const text = useText();
  const term = useTerms();
  const place = usePlace();
  const query = useSubscriptions();
  const rows = query.data ?? [];
  const [removing, setRemoving] = useState<string>();
  const remove = useUnsubscribe();
  return (
    <>
      <ListCard
        query={query}
        count={rows.length}
        filtered={false}
        empty={
          <EmptyState titleText={text("empty")} headingLevel="h2">
            <EmptyStateBody>{text("empty_hint")}</EmptyStateBody>
          </EmptyState>
        }
      >
        <Table aria-label={text("subscriptions")} variant="compact" gridBreakPoint="grid-lg">
          <Thead>
            <Tr>
              <Th>{term("name")}</Th>
              <Th>{text("recipient")}</Th>
              <Th width={35}>{text("events")}</Th>
              <Th>{term("realm")}</Th>
              {props.manages && <Th screenReaderText={term("actions")} />}
            </Tr>
          </Thead>
          <Tbody>
            {rows.map((row) => (
              <Tr key={row.name}>
                <Td dataLabel={term("name")} modifier="breakWord">
                  <strong translate="no">{row.name}</strong>{" "}
                  <Label isCompact status={row.active ? "success" : "warning"}>
                    {text(row.active ? "active" : "paused")}
                  </Label>
                </Td>
                <Td dataLabel={text("recipient")} modifier="breakWord">
                  {row.recipient ? <span translate="no">{row.recipient}</span> : text("contact")}
                </Td>
                <Td dataLabel={text("events")}>
                  <LabelGroup numLabels={9}>
                    {row.events.map((event) => (
                      <Label key={event} isCompact variant="outline" translate="no">
                        {event}
                      </Label>
                    ))}
                  </LabelGroup>
                  {row.days.length > 0 && (
                    <div className="ers-quiet ers-small">
                      {text("days")}: {row.days.toSorted((one, other) => other - one).join(", ")}
                    </div>
                  )}
                </Td>
                <Td dataLabel={term("realm")}>{place(row.realm, row.policy)}</Td>
                {props.manages && (
                  <Td dataLabel={term("actions")}>
                    <Actions row={row} onChange={props.onChange} onRemove={() => setRemoving(row.name)} />
                  </Td>
                )}
              </Tr>
            ))}
          </Tbody>
        </Table>
      </ListCard>
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
