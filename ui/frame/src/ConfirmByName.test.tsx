import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { ConfirmByName } from "./ConfirmByName.tsx";

test("nothing is confirmed until the very name is typed", async () => {
  const onConfirm = vi.fn();
  render(
    <ConfirmByName
      title="Revoke?"
      name="www.example.com"
      action="Revoke"
      busy={false}
      error={undefined}
      onConfirm={onConfirm}
      onClose={() => {}}
    />,
  );
  const button = screen.getByRole<HTMLButtonElement>("button", { name: "Revoke" });
  const input = screen.getByRole("textbox");
  await userEvent.type(input, "www.example.co{Enter}");
  expect(button.disabled).toBe(true);
  expect(onConfirm).not.toHaveBeenCalled();
  await userEvent.type(input, "m");
  await userEvent.click(button);
  expect(onConfirm).toHaveBeenCalledOnce();
});
