import "@patternfly/react-core/dist/styles/base.css";
import "@ers/frame/frame.css";
import "./app.css";
import { LanguageProvider, Notices, newQueryClient } from "@ers/frame";
import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { BrowserRouter } from "react-router";
import { App } from "./App.tsx";

const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <LanguageProvider>
        <QueryClientProvider client={newQueryClient()}>
          <BrowserRouter basename="/cara-admin">
            <Notices>
              <App />
            </Notices>
          </BrowserRouter>
        </QueryClientProvider>
      </LanguageProvider>
    </StrictMode>,
  );
}
