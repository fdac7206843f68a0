import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { MemoryRouter, useLocation } from "react-router";
import { expect, test, vi } from "vitest";
import { problemOf } from "../problem.ts";
import { List } from "./List.tsx";
import { ListStates } from "./ListStates.tsx";
import { Pager } from "./Pager.tsx";
import { useUrlState } from "./url-state.ts";

function States(props: { query: object; count?: number; filtered?: boolean; onClear?: () => void }) {
  const query = { isPending: false, isError: false, error: null, refetch: vi.fn(), ...props.query };
  return (
    <ListStates
      query={query}
      count={props.count ?? 0}
      filtered={props.filtered ?? false}
      onClear={props.onClear ?? (() => {})}
      empty={<p>nothing yet</p>}
    >
      <p>rows</p>
    </ListStates>
  );
}

test("a list is loading, failed, empty, without a match, or there", async () => {
  const { rerender } = render(<States query={{ isPending: true }} />);
  expect(screen.getByRole("status", { name: "Loading …" })).toBeTruthy();
  const refetch = vi.fn();
  rerender(<States query={{ isError: true, error: problemOf(0, undefined), refetch }} />);
  expect(screen.getByText(/The service cannot be reached/)).toBeTruthy();
  await userEvent.click(screen.getByRole("button", { name: "Try again" }));
  expect(refetch).toHaveBeenCalledOnce();
  rerender(<States query={{}} />);
  expect(screen.getByText("nothing yet")).toBeTruthy();
  const onClear = vi.fn();
  rerender(<States query={{}} filtered onClear={onClear} />);
  await userEvent.click(screen.getByRole("button", { name: "Clear filters" }));
  expect(onClear).toHaveBeenCalledOnce();
  rerender(<States query={{}} count={3} />);
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

const THERE = { isPending: false, isError: false, error: null, refetch: () => {} };

function Fruits() {
  const state = useUrlState();
  const wanted = state.get("kind");
  const all = [
    { name: "apple", kind: "pome" },
    { name: "cherry", kind: "stone" },
  ];
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const choose = (keys: string[], on: boolean) =>
    setChosen(
      (before) => new Set(on ? [...before, ...keys] : [...before].filter((key) => !keys.includes(key))),
    );
  return (
    <>
      <output>{[...chosen].join()}</output>
      <List
        label="Fruits"
        query={THERE}
        rows={all.filter(({ kind }) => !wanted || kind === wanted)}
        keyOf={({ name }) => name}
        columns={[{ title: "Name", cell: ({ name }) => name }]}
        filters={{
          search: "Search fruits",
          daily: [
            {
              kind: "toggle",
              name: "kind",
              label: "Kind",
              choices: [
                ["pome", "Pome"],
                ["berry", "Berry"],
              ],
            },
            {
              kind: "select",
              name: "order",
              label: "Order",
              all: "By name",
              choices: [["taste", "By taste"]],
              shows: true,
            },
          ],
          rare: [{ kind: "text", name: "colour", label: "Colour" }],
        }}
        empty={{ title: "No fruits" }}
        pages={{ next: undefined }}
        selection={{ chosen, choose }}
      />
    </>
  );
}

test("a list is narrowed by what stands in the URL, and clearing shows it whole again", async () => {
  render(
    <MemoryRouter initialEntries={["/?kind=berry"]}>
      <Fruits />
    </MemoryRouter>,
  );
  expect(screen.getByText("Nothing matches")).toBeTruthy();
  await userEvent.click(screen.getByRole("button", { name: "Clear filters" }));
  expect(screen.getByText("1–2")).toBeTruthy();
  await userEvent.click(screen.getByRole("button", { name: "Pome" }));
  expect(screen.queryByText("cherry")).toBeNull();
});

test("what is rarely used is folded away unless it is used, and an order narrows nothing", async () => {
  const at = (url: string) => (
    <MemoryRouter key={url} initialEntries={[url]}>
      <Fruits />
    </MemoryRouter>
  );
  const { rerender } = render(at("/?kind=berry&order=taste"));
  expect(screen.queryByRole("textbox", { name: "Colour" })).toBeNull();
  await userEvent.click(screen.getByRole("button", { name: "Clear filters" }));
  expect(screen.getByRole<HTMLSelectElement>("combobox", { name: "Order" }).value).toBe("taste");
  rerender(at("/?colour=red"));
  expect(screen.getByRole<HTMLInputElement>("textbox", { name: "Colour" }).value).toBe("red");
  expect(screen.getByText("More filters").textContent).toBe("More filters 1");
});

test("rows are chosen one by one, or all that are seen", async () => {
  render(
    <MemoryRouter>
      <Fruits />
    </MemoryRouter>,
  );
  const told = () => screen.getByRole("status").textContent;
  await userEvent.click(screen.getByRole("checkbox", { name: "Choose cherry" }));
  expect(told()).toBe("cherry");
  await userEvent.click(screen.getByRole("checkbox", { name: "Choose all rows" }));
  expect(told()?.split(",").sort()).toEqual(["apple", "cherry"]);
  await userEvent.click(screen.getByRole("checkbox", { name: "Choose apple" }));
  expect(told()).toBe("cherry");
});

test("there is no way on while the rows are those of the page before", () => {
  const query = { isPending: false, isError: false, error: null, refetch: vi.fn() };
  const list = (isPlaceholderData: boolean) => (
    <MemoryRouter>
      <List
        label="things"
        query={{ ...query, isPlaceholderData }}
        rows={["one"]}
        keyOf={(row) => row}
        columns={[{ title: "name", cell: (row) => row }]}
        empty={{ title: "nothing" }}
        pages={{ next: "17" }}
      />
    </MemoryRouter>
  );
  const onward = () => screen.getByRole<HTMLButtonElement>("button", { name: "Next page" });
  const { rerender } = render(list(true));
  expect(onward().disabled).toBe(true);
  rerender(list(false));
  expect(onward().disabled).toBe(false);
});
