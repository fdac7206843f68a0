import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import { LanguageProvider, messages } from "./language.tsx";
import { Preferences } from "./Preferences.tsx";

const useText = messages(
  { hello: "Hello {name}", days: "{n} day|{n} days" },
  { hello: "Hallo {name}", days: "{n} Tag|{n} Tage" },
);

function Greeting() {
  const text = useText();
  return <p>{`${text("hello", { name: "Anna" })}: ${text("days", { n: 1 })}, ${text("days", { n: 2 })}`}</p>;
}

test("texts are told in the chosen language, with values and numbers", async () => {
  render(
    <LanguageProvider>
      <Preferences />
      <Greeting />
    </LanguageProvider>,
  );
  expect(screen.getByText("Hello Anna: 1 day, 2 days")).toBeTruthy();
  await userEvent.click(screen.getByRole("button", { name: /Deutsch/ }));
  expect(screen.getByText("Hallo Anna: 1 Tag, 2 Tage")).toBeTruthy();
  expect(document.documentElement.lang).toBe("de");
  expect(localStorage.getItem("ers.language")).toBe("de");
});
