import { Button, EmptyState, EmptyStateBody, EmptyStateFooter, Skeleton } from "@patternfly/react-core";
import SearchIcon from "@patternfly/react-icons/dist/esm/icons/search-icon";
import type { ReactNode } from "react";
import { ProblemAlert } from "../ProblemAlert.tsx";
import { useWords } from "../words.ts";

const GHOSTS = ["a", "b", "c", "d", "e", "f"];

/** What is asked for, as far as it is known. */
export type Loading = {
  isPending: boolean;
  isError: boolean;
  error: unknown;
  refetch: () => unknown;
  /** What is there belongs to the page before. */
  isPlaceholderData?: boolean;
};

/** A list in each of its states: loading, failed, empty, nothing matches, there. */
export function ListStates(props: {
  query: Loading;
  count: number;
  filtered: boolean;
  onClear?: () => void;
  /** What to say when there is nothing at all. */
  empty: ReactNode;
  children: ReactNode;
}) {
  const words = useWords();
  const { query } = props;
  if (query.isPending) {
    return (
      <div role="status" aria-label={words("loading")} className="ers-ghosts">
        {GHOSTS.map((ghost) => (
          <Skeleton key={ghost} height="2.25rem" />
        ))}
      </div>
    );
  }
  if (query.isError) return <ProblemAlert error={query.error} onAgain={() => query.refetch()} />;
  if (props.count > 0) return props.children;
  if (!props.filtered) return props.empty;
  return (
    <EmptyState titleText={words("no_match")} icon={SearchIcon} headingLevel="h2" variant="sm">
      <EmptyStateBody>{words("no_match_hint")}</EmptyStateBody>
      {props.onClear && (
        <EmptyStateFooter>
          <Button variant="link" onClick={props.onClear}>
            {words("clear")}
          </Button>
        </EmptyStateFooter>
      )}
    </EmptyState>
  );
}
