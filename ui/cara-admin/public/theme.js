// Before anything is painted: dark stays dark. The rest of the app reads the same key (frame/src/theme.ts).
(() => {
  let chosen = null;
  try {
    chosen = localStorage.getItem("ers.theme");
  } catch {
    // storage may be closed to us; the system decides then
  }
  const dark = chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.classList.toggle("pf-v6-theme-dark", dark);
})();
