import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { compressed } from "../build/compressed.ts";
import { firstPaint } from "../build/first-paint.ts";

export default defineConfig({
  base: "/clm-ui/",
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
    // `npm run dev -w clm-ui` beside a running `ers up`
    proxy: { "/clm-api": { target: "https://localhost:8443", secure: false } },
  },
});
