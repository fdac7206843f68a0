import { defineConfig } from "vite";
import { app } from "../build/app.ts";

export default defineConfig(app("clm-ui", "/clm-api"));
