import { DayFilter, SearchField, SelectFilter, ToggleFilter, Toolbar, type UrlState } from "@ers/frame";
import { Badge } from "@patternfly/react-core";
import { useState } from "react";
import { KEY_ALGORITHMS } from "../../crypto/keys.ts";
import { usePolicies } from "../../queries/policies.ts";
import { useAccess } from "../../queries/session.ts";
import { useAuthorities } from "../../queries/system.ts";
import { useRealm } from "../../realm.tsx";
import { useTerms } from "../../words/terms.ts";
import { MORE } from "./search.ts";
import { useText } from "./words.ts";

const STATES = ["valid", "revoked", "expired"] as const;
const WITHIN = ["7d", "28d", "30d", "90d"];

/** What is looked for: what is used daily at once, the rest one click away. */
export function Filters({ state }: { state: UrlState }) {
  const text = useText();
  const term = useTerms();
  const used = MORE.filter((name) => state.get(name) !== "").length;
  const [open, setOpen] = useState(used > 0);
  return (
    <>
      <Toolbar search={text("search")}>
        <ToggleFilter
          state={state}
          name="state"
          label={term("state")}
          choices={STATES.map((name) => [name, term(name)])}
        />
        <SelectFilter
          state={state}
          name="within"
          label={term("expires")}
          all={text("any_time")}
          choices={WITHIN.map((within) => [within, text("within", { n: Number.parseInt(within, 10) })])}
        />
        <SelectFilter
          state={state}
          name="order"
          label={text("order")}
          all={text("newest")}
          choices={[["expiry", text("by_expiry")]]}
        />
      </Toolbar>
      <details className="ers-more" open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>
          {text("more_filters")} {used > 0 && <Badge>{used}</Badge>}
        </summary>
        {open && <More state={state} />}
      </details>
    </>
  );
}

function More({ state }: { state: UrlState }) {
  const text = useText();
  const term = useTerms();
  const { realm } = useRealm();
  const { may } = useAccess();
  const policies = usePolicies(realm, may("policy:read")).data ?? [];
  const authorities = useAuthorities().data ?? [];
  return (
    <Toolbar>
      <SelectFilter
        state={state}
        name="policy"
        label={term("policy")}
        all={text("any_policy")}
        choices={policies.map(({ name }) => [name, name])}
      />
      <SelectFilter
        state={state}
        name="issuer"
        label={term("issuer")}
        all={text("any_issuer")}
        choices={authorities.map(({ name }) => [name, name])}
      />
      <SelectFilter
        state={state}
        name="key"
        label={term("key")}
        all={text("any_key")}
        choices={KEY_ALGORITHMS.map((name) => [name, name])}
      />
      <ToggleFilter
        state={state}
        name="source"
        label={text("source")}
        all={text("any_source")}
        choices={[
          ["issued", text("issued")],
          ["imported", text("imported")],
        ]}
      />
      <ToggleFilter
        state={state}
        name="unowned"
        label={text("whose")}
        all={text("anybodys")}
        choices={[["yes", text("unowned")]]}
      />
      <SearchField state={state} name="owner" label={text("owner")} />
      <SearchField state={state} name="tags" label={text("tags_filter")} />
      <SearchField state={state} name="entity" label={text("entity")} />
      <DayFilter state={state} name="from" label={text("from")} />
      <DayFilter state={state} name="before" label={text("before")} />
    </Toolbar>
  );
}
