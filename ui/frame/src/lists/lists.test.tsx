import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { MemoryRouter, useLocation } from "react-router";
import { expect, test, vi } from "vitest";
import { problemOf } from "../problem.ts";
import { ListCard } from "./ListCard.tsx";
import { Pager } from "./Pager.tsx";
import { useUrlState } from "./url-state.ts";

function List(props: { query: object; count?: number; filtered?: boolean; onClear?: () => void }) {
  const query = { isPending: false, isError: false, error: null, refetch: vi.fn(), ...props.query };
  return (
    <ListCard
      query={query}
      count={props.count ?? 0}
      filtered={props.filtered ?? false}
      onClear={props.onClear ?? (() => {})}
      empty={<p>nothing yet</p>}
    >
      <p>rows</p>
    </ListCard>
  );
}

test("a list is loading, failed, empty, without a match, or there", async () => {
  const { rerender } = render(<List query={{ isPending: true }} />);
  expect(screen.getByRole("status", { name: "Loading …" })).toBeTruthy();
  const refetch = vi.fn();
  rerender(<List query={{ isError: true, error: problemOf(0, undefined), refetch }} />);
  expect(screen.getByText(/The service cannot be reached/)).toBeTruthy();
  await userEvent.click(screen.getByRole("button", { name: "Try again" }));
  expect(refetch).toHaveBeenCalledOnce();
  rerender(<List query={{}} />);
  expect(screen.getByText("nothing yet")).toBeTruthy();
  const onClear = vi.fn();
  rerender(<List query={{}} filtered onClear={onClear} />);
  await userEvent.click(screen.getByRole("button", { name: "Clear filters" }));
  expect(onClear).toHaveBeenCalledOnce();
  rerender(<List query={{}} count={3} />);
  expect(screen.getByText("rows")).toBeTruthy();
});

function Paged() {
  const state = useUrlState();
  const { search } = useLocation();
  return (
    <>
      <output>{search}</output>
      <Pager state={state} total={130} shown={20} next="17" />
      <button type="button" onClick={() => state.set({ state: "valid" })}>
        filter
      </button>
    </>
  );
}

test("the place in a list stands in the URL, and a new filter begins at the first page", async () => {
  render(
    <MemoryRouter initialEntries={["/?rows=20&after=99"]}>
      <Paged />
    </MemoryRouter>,
  );
  expect(screen.getByText("21–40 of 130")).toBeTruthy();
  await userEvent.click(screen.getByRole("button", { name: "Next page" }));
  expect(screen.getByRole("status").textContent).toBe("?rows=20&after=99&after=17");
  await userEvent.click(screen.getByRole("button", { name: "Previous page" }));
  expect(screen.getByRole("status").textContent).toBe("?rows=20&after=99");
  await userEvent.click(screen.getByRole("button", { name: "filter" }));
  expect(screen.getByRole("status").textContent).toBe("?rows=20&state=valid");
});
