import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

export default defineConfig({
  plugins: [react()],
  test: {
    include: ["*.test.ts", "{frame,clm-ui,cara-admin}/src/**/*.test.{ts,tsx}"],
    environment: "happy-dom",
    testTimeout: 60_000,
    setupFiles: ["./vitest.setup.ts"],
    css: false,
    server: { deps: { inline: [/@patternfly/] } },
  },
});
