import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useState } from "react";

/** A language that everything is written in. */
export type Language = "en" | "de";
type Values = Record<string, string | number>;

const KEY = "ers.language";
const Context = createContext<{ language: Language; choose: (language: Language) => void }>({
  language: "en",
  choose: () => {},
});

function chosen(): Language {
  const kept = localStorage.getItem(KEY) ?? navigator.language;
  return kept.startsWith("de") ? "de" : "en";
}

/** Knows the language of everything inside: as chosen before, else the browser's. */
export function LanguageProvider({ children }: { children: ReactNode }) {
  const [language, setLanguage] = useState(chosen);
  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);
  const value = useMemo(() => {
    const choose = (language: Language) => {
      localStorage.setItem(KEY, language);
      setLanguage(language);
    };
    return { language, choose };
  }, [language]);
  return <Context.Provider value={value}>{children}</Context.Provider>;
}

/** The language, and how to choose another. */
export const useLanguage = () => useContext(Context);

/**
 * Texts in all languages; gives the hook that tells them. `{name}` stands for a value. `one|more` is told by the value `n`.
 * A key that is missing in one language does not compile.
 */
export function messages<const T extends Record<string, string>>(en: T, de: { [K in keyof T]: string }) {
  // biome-ignore lint/correctness/noComponentHookFactories: called once, when a file of words is loaded
  return function useText() {
    const { language } = useLanguage();
    return useCallback(
      (key: keyof T, values: Values = {}) => {
        const texts: Record<keyof T, string> = language === "de" ? de : en;
        const [one, more] = texts[key].split("|") as [string, string?];
        const text = more === undefined || values.n === 1 ? one : more;
        return text.replace(/\{(\w+)\}/g, (all, name: string) => String(values[name] ?? all));
      },
      [language],
    );
  };
}
