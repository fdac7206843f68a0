import { defineConfig } from "vite";
import { app } from "../build/app.ts";

export default defineConfig(app("cara-admin", "/cara-ws-server"));
