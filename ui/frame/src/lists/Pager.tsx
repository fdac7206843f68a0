import { Button, FormSelect, FormSelectOption } from "@patternfly/react-core";
import AngleDoubleLeftIcon from "@patternfly/react-icons/dist/esm/icons/angle-double-left-icon";
import AngleLeftIcon from "@patternfly/react-icons/dist/esm/icons/angle-left-icon";
import AngleRightIcon from "@patternfly/react-icons/dist/esm/icons/angle-right-icon";
import { useFormats } from "../formats.ts";
import { useWords } from "../words.ts";
import { ROWS, type UrlState } from "./url-state.ts";

/** Where in the list we are, and the way on. Pages are known by tokens, so there is no way to a page by its number. */
export function Pager(props: {
  state: UrlState;
  /** Absent: the service does not count. */
  total?: number | undefined;
  /** There may be more than the total: the service stops to count. */
  isLeast?: boolean;
  shown: number;
  next: string | null | undefined;
}) {
  const words = useWords();
  const { number } = useFormats();
  const { tokens, go, rows, set } = props.state;
  const from = tokens.length * rows;
  const { next } = props;
  return (
    <div className="ers-pager">
      <span>
        {props.total === undefined
          ? words("range_open", { from: number(from + 1), to: number(from + props.shown) })
          : words("range", {
              from: number(Math.min(from + 1, props.total)),
              to: number(from + props.shown),
              total: number(props.total) + (props.isLeast ? "+" : ""),
            })}
      </span>
      <FormSelect
        className="ers-rows"
        aria-label={words("rows")}
        value={rows}
        onChange={(_, value) => set({ rows: value })}
      >
        {ROWS.map((rows) => (
          <FormSelectOption key={rows} value={rows} label={String(rows)} />
        ))}
      </FormSelect>
      <span className="ers-pager-buttons">
        <Button
          variant="plain"
          aria-label={words("newest")}
          icon={<AngleDoubleLeftIcon />}
          isDisabled={tokens.length === 0}
          onClick={() => go([])}
        />
        <Button
          variant="plain"
          aria-label={words("newer")}
          icon={<AngleLeftIcon />}
          isDisabled={tokens.length === 0}
          onClick={() => go(tokens.slice(0, -1))}
        />
        <Button
          variant="plain"
          aria-label={words("older")}
          icon={<AngleRightIcon />}
          isDisabled={!next}
          onClick={() => next && go([...tokens, next])}
        />
      </span>
    </div>
  );
}
