import { type Filters, messages, type UrlState } from "@ers/frame";
import { useEffect } from "react";
import { useAuthorities } from "../../queries/authorities.ts";
import type { CertificateFilter } from "../../queries/certificates.ts";
import { useProfiles } from "../../queries/profiles.ts";
import { useMay, useSeesAll } from "../../queries/session.ts";
import { useTerms } from "../../words/terms.ts";
import { searchOf } from "./search.ts";

const STATES = ["valid", "held", "revoked", "expired"] as const;

const useText = messages(
  {
    all_cas: "Of all CAs",
    any_profile: "Any profile",
    end_entity: "End entity",
    expires_from: "Expires from",
    expires_until: "Expires before",
    issued_from: "Issued from",
    issued_until: "Issued before",
    of: "Of {name}",
    policy: "Policy of CLM",
    search: "Name (.example.com: all below), CN=…, serial number, fingerprint",
  },
  {
    all_cas: "Von allen CAs",
    any_profile: "Beliebiges Profil",
    end_entity: "Endeinheit",
    expires_from: "Ende ab",
    expires_until: "Ende vor",
    issued_from: "Ausgestellt ab",
    issued_until: "Ausgestellt vor",
    of: "Von {name}",
    policy: "Richtlinie in CLM",
    search: "Name (.example.com: alle darunter), CN=…, Seriennummer, Fingerabdruck",
  },
);

/** What CARA is asked for, as it stands in the URL; days begin where the browser is. */
export function filterOf(get: (name: string) => string): CertificateFilter {
  const said = (name: string) => get(name).trim() || undefined;
  const day = (name: string) => {
    const moment = new Date(`${get(name)}T00:00:00`);
    return Number.isNaN(moment.getTime()) ? undefined : moment.toISOString();
  };
  return {
    ...searchOf(get("search")),
    issuer: said("issuer"),
    state: said("state"),
    profile: said("profile"),
    policy: said("policy"),
    end_entity: said("entity"),
    issued_from: day("issued_from"),
    issued_until: day("issued_until"),
    expires_from: day("expires_from"),
    expires_until: day("expires_until"),
  };
}

/** What certificates are looked for by. */
export function useFilters({ get, set }: UrlState): Filters {
  const text = useText();
  const term = useTerms();
  const seesAll = useSeesAll();
  const may = useMay();
  const authorities = useAuthorities().data ?? [];
  const profiles = useProfiles(may("read-profiles")).data ?? [];
  // Who administers some CAs only must say whose certificates they want to see.
  const first = authorities[0]?.name;
  const issuer = get("issuer");
  useEffect(() => {
    if (!seesAll && !issuer && first) set({ issuer: first }, true);
  }, [seesAll, issuer, first, set]);
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
        name: "issuer",
        label: term("issuer"),
        all: seesAll ? text("all_cas") : undefined,
        choices: authorities.map(({ name }) => [name, text("of", { name })]),
      },
    ],
    rare: [
      {
        kind: "select",
        name: "profile",
        label: term("profile"),
        all: text("any_profile"),
        choices: profiles.map(({ name }) => [name, name]),
      },
      { kind: "text", name: "policy", label: text("policy"), maxLength: 64 },
      { kind: "text", name: "entity", label: text("end_entity"), maxLength: 255 },
      { kind: "day", name: "issued_from", label: text("issued_from") },
      { kind: "day", name: "issued_until", label: text("issued_until") },
      { kind: "day", name: "expires_from", label: text("expires_from") },
      { kind: "day", name: "expires_until", label: text("expires_until") },
    ],
  };
}
