import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["stories/*.story.ts"],
    environment: "node",
    fileParallelism: false,
    testTimeout: 240_000,
    hookTimeout: 180_000,
  },
});
