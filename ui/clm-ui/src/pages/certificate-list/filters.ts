import type { Filters } from "@ers/frame";
import { KEY_ALGORITHMS } from "../../crypto/keys.ts";
import { usePolicies } from "../../queries/policies.ts";
import { useAccess } from "../../queries/session.ts";
import { useAuthorities } from "../../queries/system.ts";
import { useRealm } from "../../realm.tsx";
import { useTerms } from "../../words/terms.ts";
import { useText } from "./words.ts";

const STATES = ["valid", "revoked", "expired"] as const;
const WITHIN = ["7d", "28d", "30d", "90d"];

/** What certificates are looked for by. */
export function useFilters(): Filters {
  const text = useText();
  const term = useTerms();
  return {
    search: text("search"),
    daily: [
      {
        kind: "toggle",
        name: "state",
        label: term("state"),
        choices: STATES.map((name) => [name, term(name)]),
      },
      {
        kind: "select",
        name: "within",
        label: term("expires"),
        all: text("any_time"),
        choices: WITHIN.map((within) => [within, text("within", { n: Number.parseInt(within, 10) })]),
      },
      {
        kind: "select",
        name: "order",
        label: text("order"),
        all: text("newest"),
        choices: [["expiry", text("by_expiry")]],
        shows: true,
      },
    ],
    rare: useRare(),
  };
}

function useRare(): NonNullable<Filters["rare"]> {
  const text = useText();
  const term = useTerms();
  const { realm } = useRealm();
  const { may } = useAccess();
  const policies = usePolicies(realm, may("policy:read")).data ?? [];
  const authorities = useAuthorities().data ?? [];
  const named = (all: readonly { name: string }[]) => all.map(({ name }) => [name, name] as const);
  return [
    {
      kind: "select",
      name: "policy",
      label: term("policy"),
      all: text("any_policy"),
      choices: named(policies),
    },
    {
      kind: "select",
      name: "issuer",
      label: term("issuer"),
      all: text("any_issuer"),
      choices: named(authorities),
    },
    {
      kind: "select",
      name: "key",
      label: term("key"),
      all: text("any_key"),
      choices: KEY_ALGORITHMS.map((name) => [name, name]),
    },
    {
      kind: "toggle",
      name: "source",
      label: text("source"),
      all: text("any_source"),
      choices: [
        ["issued", text("issued")],
        ["imported", text("imported")],
      ],
    },
    {
      kind: "toggle",
      name: "unowned",
      label: text("whose"),
      all: text("anybodys"),
      choices: [["yes", text("unowned")]],
    },
    { kind: "text", name: "owner", label: text("owner") },
    { kind: "text", name: "tags", label: text("tags_filter") },
    { kind: "text", name: "entity", label: text("entity") },
    { kind: "day", name: "from", label: text("from") },
    { kind: "day", name: "before", label: text("before") },
  ];
}
