import { createContext, type ReactNode, useContext, useMemo, useState } from "react";

const KEY = "ers.realm";
const Context = createContext<{ realm: string; choose: (realm: string) => void }>({
  realm: "",
  choose: () => {},
});

/** Knows the realm that everything inside is about; empty: all. */
export function RealmProvider({ children }: { children: ReactNode }) {
  const [realm, setRealm] = useState(() => localStorage.getItem(KEY) ?? "");
  const value = useMemo(() => {
    const choose = (realm: string) => {
      localStorage.setItem(KEY, realm);
      setRealm(realm);
    };
    return { realm, choose };
  }, [realm]);
  return <Context.Provider value={value}>{children}</Context.Provider>;
}

/** The realm, and how to choose another. */
export const useRealm = () => useContext(Context);
