import { render, screen } from "@testing-library/react";
import { expect, test } from "vitest";
import { Rows } from "./Rows.tsx";
import { useTrailColumns } from "./trail.tsx";

type Event = { number: number; administrator: string; address: string };

function Log({ events }: { events: Event[] }) {
  const columns = useTrailColumns<Event>(({ administrator, address }) => ({
    at: "2026-11-22T12:00:00Z",
    who: administrator,
    origin: address,
    act: "create-authority",
    object: "story",
    detail: "below default-root",
    more: <em>more</em>,
  }));
  return <Rows label="Log" rows={events} keyOf={({ number }) => number} columns={columns} />;
}

test("an act is told by when, who and from where, what, on what", () => {
  render(<Log events={[{ number: 1, administrator: "chief", address: "192.0.2.1" }]} />);
  const heads = screen.getAllByRole("columnheader").map(({ textContent }) => textContent);
  expect(heads).toEqual(["When", "Who", "Act", "On"]);
  const cells = screen.getAllByRole("cell").map(({ textContent }) => textContent);
  expect(cells.slice(1)).toEqual(["chieffrom 192.0.2.1", "create-authority", "storybelow default-rootmore"]);
});
