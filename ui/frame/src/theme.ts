import { useCallback, useSyncExternalStore } from "react";

const KEY = "ers.theme";
const CLASS = "pf-v6-theme-dark";
const listeners = new Set<() => void>();

/** Whether everything is dark, and how to change it. `theme.js` of each app reads the same key before anything is painted. */
export function useTheme(): [boolean, (dark: boolean) => void] {
  const subscribe = useCallback((listener: () => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, []);
  const dark = useSyncExternalStore(subscribe, () => document.documentElement.classList.contains(CLASS));
  const choose = useCallback((dark: boolean) => {
    localStorage.setItem(KEY, dark ? "dark" : "light");
    document.documentElement.classList.toggle(CLASS, dark);
    for (const listener of listeners) listener();
  }, []);
  return [dark, choose];
}
