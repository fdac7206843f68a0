// How a page looks: what axe says of it, and whether it sticks out of the window.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";

const axe = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

/** Opens a page and waits until everything on it is there. */
export async function open(page: Page, path: string) {
  await page.goto(path);
  await page.getByRole("heading", { level: 1 }).waitFor();
  const waits = ".pf-v6-c-skeleton, .pf-v6-c-spinner";
  await page.waitForFunction((waits) => !document.querySelector(waits), waits);
}

type Finding = { id: string; impact: string; nodes: { html: string }[] };

/** What axe holds to be serious or worse. It comes in by the debugger: no policy of the page lets a script in. */
export async function findings(page: Page): Promise<string[]> {
  const loaded = await page.evaluate("typeof axe");
  if (loaded === "undefined") await page.evaluate(readFileSync(axe, "utf8"));
  const violations = (await page.evaluate("axe.run().then((found) => found.violations)")) as Finding[];
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join("\n  ")}`);
}

/** By how many pixels the page is wider than its window. */
export function tooWide(page: Page): Promise<number> {
  return page.evaluate(() => {
    const main = document.querySelector("main") ?? document.body;
    return Math.max(document.documentElement.scrollWidth, main.scrollWidth) - window.innerWidth;
  });
}
