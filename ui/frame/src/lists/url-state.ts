import { useCallback, useMemo } from "react";
import { useSearchParams } from "react-router";

const AFTER = "after";

/**
 * The state of a list, kept in the query of the URL: filters by name, rows per page, and the tokens of the pages gone
 * through. A link to it shows the same; going back in the browser goes back in the list.
 */
export function useUrlState() {
  const [query, setQuery] = useSearchParams();
  const set = useCallback(
    (changes: Record<string, string>, replace = false) =>
      setQuery(
        (before) => {
          const after = new URLSearchParams(before);
          after.delete(AFTER); // other filters: other pages
          for (const [name, value] of Object.entries(changes)) {
            if (value) after.set(name, value);
            else after.delete(name);
          }
          return after;
        },
        { replace },
      ),
    [setQuery],
  );
  const go = useCallback(
    (tokens: string[]) =>
      setQuery((before) => {
        const after = new URLSearchParams(before);
        after.delete(AFTER);
        for (const token of tokens) after.append(AFTER, token);
        return after;
      }),
    [setQuery],
  );
  const tokens = useMemo(() => query.getAll(AFTER), [query]);
  const get = useCallback((name: string) => query.get(name) ?? "", [query]);
  return { get, set, tokens, go, rows: rowsOf(query.get("rows")) };
}

/** The same, to be handed on. */
export type UrlState = ReturnType<typeof useUrlState>;

/** Rows per page that may be chosen. */
export const ROWS = [20, 50, 100];

function rowsOf(text: string | null) {
  const rows = Number(text);
  return ROWS.includes(rows) ? rows : 20;
}
