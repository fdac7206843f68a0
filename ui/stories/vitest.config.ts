import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    // those in folders need programs that `make test` does not install
    include: [
      process.env.STORY_FOLDER ? `stories/${process.env.STORY_FOLDER}/*.story.ts` : "stories/*.story.ts",
    ],
    environment: "node",
    fileParallelism: false,
    testTimeout: 240_000,
    hookTimeout: 180_000,
  },
});
