import { render, screen, within } from "@testing-library/react";
import { expect, test } from "vitest";
import { BarChart, scale } from "./BarChart.tsx";

test.each([
  [0, 2],
  [1, 2],
  [5, 6],
  [14, 20],
  [100, 100],
  [101, 200],
  [99_999, 100_000],
])("the scale for %i ends at %i", (largest, top) => {
  expect(scale(largest)).toBe(top);
});

test("what the picture shows stands in a table as well", () => {
  const bars = [
    { label: "Mon", value: 3, told: "Mon: 3" },
    { label: "Tue", value: 0, told: "Tue: 0" },
  ];
  render(<BarChart title="Issued" bars={bars} every={1} first="Day" second="Certificates" />);
  expect(screen.getByRole("img", { name: "Issued" })).toBeTruthy();
  const rows = within(screen.getByRole("table")).getAllByRole("row");
  expect(rows.map((row) => row.textContent)).toEqual(["DayCertificates", "Mon3", "Tue0"]);
});
