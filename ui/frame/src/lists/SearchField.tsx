import { SearchInput } from "@patternfly/react-core";
import { useEffect, useState } from "react";
import { useWords } from "../words.ts";
import type { UrlState } from "./url-state.ts";

const TYPING_MS = 300;

/** A text that is looked for; it stands in the URL under `name`, and follows the typing after a pause. */
export function SearchField(props: { state: UrlState; name: string; label: string; maxLength?: number }) {
  const words = useWords();
  const { name, label } = props;
  const { get, set } = props.state;
  const kept = get(name);
  const [typed, setTyped] = useState(kept);
  useEffect(() => setTyped(kept), [kept]);
  useEffect(() => {
    if (typed === kept) return;
    const { pathname } = window.location;
    const timer = setTimeout(() => {
      // who has gone on meanwhile is not fetched back: this page stays until the next one is loaded
      if (window.location.pathname === pathname) set({ [name]: typed }, true);
    }, TYPING_MS);
    return () => clearTimeout(timer);
  }, [typed, kept, name, set]);
  return (
    <SearchInput
      className="ers-search"
      aria-label={label}
      placeholder={label}
      value={typed}
      onChange={(_, value) => setTyped(value)}
      onClear={() => setTyped("")}
      resetButtonLabel={words("empty")}
      maxLength={props.maxLength ?? 200}
    />
  );
}
