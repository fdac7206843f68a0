import { cleanup, configure } from "@testing-library/react";
import { afterEach } from "vitest";

// a busy machine takes longer to show a page than a second
configure({ asyncUtilTimeout: 20_000 });

afterEach(() => {
  cleanup();
  localStorage.clear();
});
