import react from "@vitejs/plugin-react";
import type { UserConfig } from "vite";
import { compressed } from "./compressed.ts";
import { firstPaint } from "./first-paint.ts";

/** How an app is built that is served under `/NAME/` and calls the REST service under `api`. */
export function app(name: string, api: string): UserConfig {
  return {
    base: `/${name}/`,
    plugins: [react(), firstPaint(500_000), compressed()],
    build: {
      outDir: "dist",
      emptyOutDir: true,
      // The content security policy lets no data: URLs of scripts or fonts through.
      assetsInlineLimit: 0,
      reportCompressedSize: false,
      chunkSizeWarningLimit: 2000,
    },
    server: {
      // `npm run dev -w NAME` beside a running `ers up`
      proxy: { [api]: { target: "https://localhost:8443", secure: false } },
    },
  };
}
