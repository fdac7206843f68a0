import {
  Card,
  CardBody,
  CardTitle,
  EmptyState,
  EmptyStateBody,
  EmptyStateFooter,
} from "@patternfly/react-core";
import type { ReactNode } from "react";
import type { Column } from "./columns.ts";
import { FilterBar, type Filters, namesOf } from "./filters.tsx";
import { ListStates, type Loading } from "./ListStates.tsx";
import { Pager } from "./Pager.tsx";
import { Rows, type Selection } from "./Rows.tsx";
import { useUrlState } from "./url-state.ts";

/** What there is when there is nothing. */
export type Empty = { title: string; hint?: string | undefined; act?: ReactNode };

/**
 * A list: what narrows it, each of its states (loading, failed, empty, without a match, there), its rows, and the way on.
 * What narrows it stands in the URL, under the names of `filters`.
 */
export function List<Row>(props: {
  label: string;
  /** A heading, where the page has several lists; and what is to be said of it. */
  heading?: string;
  hint?: string;
  query: Loading;
  rows: Row[];
  keyOf: (row: Row) => string | number;
  columns: Column<Row>[];
  /** In the place of a table: how one row is shown. */
  one?: (row: Row) => ReactNode;
  empty: Empty;
  /** Fields above the rows, that narrow them. */
  filters?: Filters;
  /** Narrowed by more than what stands in the URL. */
  narrowed?: boolean;
  /** Between the fields and the rows, when there are any. */
  note?: ReactNode;
  /** Present where the service gives pages; its total where it counts, and whether there may be more than that. */
  pages?: { next: string | null | undefined; total?: number | undefined; isLeast?: boolean };
  selection?: Selection | undefined;
  nameOf?: (row: Row) => string;
}) {
  const state = useUrlState();
  const { rows, filters, pages } = props;
  const names = filters ? namesOf(filters) : [];
  const filtered = names.some((name) => state.get(name) !== "");
  return (
    <Card>
      {props.heading && <CardTitle component="h2">{props.heading}</CardTitle>}
      <CardBody>
        {props.hint && <p className="ers-quiet ers-small">{props.hint}</p>}
        {filters && <FilterBar {...filters} />}
        <ListStates
          query={props.query}
          count={rows.length}
          filtered={filtered || props.narrowed === true || state.tokens.length > 0}
          onClear={() => state.set(Object.fromEntries(names.map((name) => [name, ""])))}
          empty={<Nothing {...props.empty} />}
        >
          {props.note}
          {props.one ? (
            <ul className="ers-stack ers-plain" aria-label={props.label}>
              {rows.map((row) => (
                <li key={props.keyOf(row)}>{props.one?.(row)}</li>
              ))}
            </ul>
          ) : (
            <Rows {...props} />
          )}
          {pages && (
            // the way on from the page before is no way on from this one
            <Pager
              state={state}
              shown={rows.length}
              {...pages}
              next={props.query.isPlaceholderData ? undefined : pages.next}
            />
          )}
        </ListStates>
      </CardBody>
    </Card>
  );
}

function Nothing({ title, hint, act }: Empty) {
  return (
    <EmptyState titleText={title} headingLevel="h2" variant="sm">
      {hint && <EmptyStateBody>{hint}</EmptyStateBody>}
      {act && <EmptyStateFooter>{act}</EmptyStateFooter>}
    </EmptyState>
  );
}
