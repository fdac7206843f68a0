import { ListCard, Pager, ProblemAlert, useFormats, useNotices, useUrlState } from "@ers/frame";
import {
  Button,
  EmptyState,
  FormSelect,
  FormSelectOption,
  Label,
  ToggleGroup,
  ToggleGroupItem,
} from "@patternfly/react-core";
import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import type { Delivery } from "../../generated/clm-api.ts";
import { useDeliveries, useRetryDelivery, useSubscriptions } from "../../queries/notifications.ts";
import { useCommonText } from "../../words/common.ts";
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
  const rows = query.data?.deliveries ?? [];
  return (
    <ListCard
      query={query}
      count={rows.length}
      filtered={Object.values(filter).some(Boolean) || state.tokens.length > 0}
      onClear={() => state.set({ state: "", subscription: "" })}
      toolbar={<Filters state={state} />}
      empty={<EmptyState titleText={text("empty_deliveries")} headingLevel="h2" />}
    >
      <Rows rows={rows} manages={manages} />
      <Pager
        state={state}
        total={query.data?.total ?? 0}
        shown={rows.length}
        next={query.data?.next_page_token}
      />
    </ListCard>
  );
}

function Filters({ state }: { state: ReturnType<typeof useUrlState> }) {
  const text = useText();
  const common = useCommonText();
  const term = useTerms();
  const { get, set } = state;
  const subscriptions = useSubscriptions().data ?? [];
  return (
    <search className="ers-toolbar">
      <ToggleGroup aria-label={term("state")}>
        <ToggleGroupItem
          text={common("all")}
          isSelected={!get("state")}
          onChange={() => set({ state: "" })}
        />
        {(Object.keys(STATES) as (keyof typeof STATES)[]).map((name) => (
          <ToggleGroupItem
            key={name}
            text={text(name)}
            isSelected={get("state") === name}
            onChange={() => set({ state: name })}
          />
        ))}
      </ToggleGroup>
      <FormSelect
        className="ers-select"
        aria-label={text("subscription")}
        value={get("subscription")}
        onChange={(_, value) => set({ subscription: value })}
      >
        <FormSelectOption value="" label={text("any_subscription")} />
        {subscriptions.map(({ name }) => (
          <FormSelectOption key={name} value={name} label={name} />
        ))}
      </FormSelect>
    </search>
  );
}

function Rows({ rows, manages }: { rows: Delivery[]; manages: boolean }) {
  const text = useText();
  const term = useTerms();
  const { moment, relative } = useFormats();
  return (
    <Table aria-label={text("deliveries")} variant="compact" gridBreakPoint="grid-lg">
      <Thead>
        <Tr>
          <Th>{text("when")}</Th>
          <Th>{text("subscription")}</Th>
          <Th>{text("event")}</Th>
          <Th width={35}>{text("recipient")}</Th>
          <Th>{term("state")}</Th>
          {manages && <Th screenReaderText={term("actions")} />}
        </Tr>
      </Thead>
      <Tbody>
        {rows.map((row) => (
          <Tr key={row.id}>
            <Td dataLabel={text("when")}>
              <time dateTime={row.created_at} title={relative(row.created_at)}>
                {moment(row.created_at)}
              </time>
            </Td>
            <Td dataLabel={text("subscription")} modifier="breakWord">
              <span translate="no">{row.subscription}</span>
            </Td>
            <Td dataLabel={text("event")}>
              <span translate="no">{row.event}</span>
            </Td>
            <Td dataLabel={text("recipient")} modifier="breakWord">
              <span translate="no">{row.recipient}</span>
              {row.last_error && (
                <div className="ers-small ers-break" translate="no">
                  {row.last_error}
                </div>
              )}
            </Td>
            <Td dataLabel={term("state")}>
              {isKnown(row.state) ? (
                <Label isCompact status={STATES[row.state]}>
                  {text(row.state)}
                </Label>
              ) : (
                <Label isCompact>{row.state}</Label>
              )}
              <div className="ers-quiet ers-small">
                {text("attempts", { n: row.attempts })}
                {row.next_attempt_at && `, ${text("next", { when: relative(row.next_attempt_at) })}`}
              </div>
            </Td>
            {manages && (
              <Td dataLabel={term("actions")}>{row.state !== "delivered" && <Retry id={row.id} />}</Td>
            )}
          </Tr>
        ))}
      </Tbody>
    </Table>
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
        onClick={() => retry.mutate(id, { onSuccess: () => tell(text("retried")) })}
      >
        {text("retry")}
      </Button>
      {retry.error ? <ProblemAlert error={retry.error} /> : null}
    </>
  );
}
