import {
  Badge,
  FormSelect,
  FormSelectOption,
  TextInput,
  ToggleGroup,
  ToggleGroupItem,
} from "@patternfly/react-core";
import { useState } from "react";
import { useWords } from "../words.ts";
import { SearchField } from "./SearchField.tsx";
import { type UrlState, useUrlState } from "./url-state.ts";

type Choice = readonly [value: string, label: string];

/** A field that narrows a list; what is chosen stands in the URL under `name`. */
export type Filter = {
  name: string;
  label: string;
  /** It changes how much or in which order is shown, and clearing the filters leaves it alone. */
  shows?: boolean;
} & (
  | /** One out of few, all of them seen; `all`: what none of them is called. */
  { kind: "toggle"; all?: string; choices: readonly Choice[] }
  /** One out of many; without `all` one must be chosen. */
  | { kind: "select"; all?: string | undefined; choices: readonly Choice[] }
  | { kind: "text"; maxLength?: number }
  | { kind: "day" }
);

/** All that narrows a list: a text that is looked for, by its label; what is used daily; what is used rarely. */
export type Filters = { search?: string; daily?: readonly Filter[]; rare?: readonly Filter[] };

/** Names in the URL of what narrows. */
export function namesOf({ search, daily = [], rare = [] }: Filters): string[] {
  const fields = [...daily, ...rare].filter(({ shows }) => !shows);
  return [...(search === undefined ? [] : ["search"]), ...fields.map(({ name }) => name)];
}

/** The fields above a list: what is used daily at once, the rest one click away. */
export function FilterBar({ search, daily = [], rare = [] }: Filters) {
  const state = useUrlState();
  return (
    <>
      <search className="ers-toolbar">
        {search !== undefined && <SearchField state={state} name="search" label={search} />}
        <Fields filters={daily} state={state} />
      </search>
      {rare.length > 0 && <Rare filters={rare} state={state} />}
    </>
  );
}

function Rare({ filters, state }: { filters: readonly Filter[]; state: UrlState }) {
  const words = useWords();
  const used = filters.filter(({ name }) => state.get(name) !== "").length;
  const [open, setOpen] = useState(used > 0);
  return (
    <details className="ers-more" open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        {words("more_filters")} {used > 0 && <Badge>{used}</Badge>}
      </summary>
      {open && (
        <search className="ers-toolbar" aria-label={words("more_filters")}>
          <Fields filters={filters} state={state} />
        </search>
      )}
    </details>
  );
}

function Fields({ filters, state }: { filters: readonly Filter[]; state: UrlState }) {
  return filters.map((filter) => <Field key={filter.name} filter={filter} state={state} />);
}

function Field({ filter, state }: { filter: Filter; state: UrlState }) {
  const { name, label } = filter;
  switch (filter.kind) {
    case "toggle":
      return <Toggle {...filter} state={state} />;
    case "select":
      return <Select {...filter} state={state} />;
    case "day":
      return <Day name={name} label={label} state={state} />;
    default:
      return (
        <SearchField
          state={state}
          name={name}
          label={label}
          {...(filter.maxLength && { maxLength: filter.maxLength })}
        />
      );
  }
}

type One = { state: UrlState; name: string; label: string };

function Toggle(props: One & { all?: string; choices: readonly Choice[] }) {
  const words = useWords();
  const { get, set } = props.state;
  const choices: readonly Choice[] = [["", props.all ?? words("all")], ...props.choices];
  return (
    <ToggleGroup aria-label={props.label}>
      {choices.map(([value, label]) => (
        <ToggleGroupItem
          key={value}
          text={label}
          isSelected={get(props.name) === value}
          onChange={() => set({ [props.name]: value })}
        />
      ))}
    </ToggleGroup>
  );
}

function Select(props: One & { all?: string | undefined; choices: readonly Choice[] }) {
  const { get, set } = props.state;
  return (
    <FormSelect
      className="ers-select"
      aria-label={props.label}
      value={get(props.name)}
      onChange={(_, value) => set({ [props.name]: value })}
    >
      {props.all !== undefined && <FormSelectOption value="" label={props.all} />}
      {props.choices.map(([value, label]) => (
        <FormSelectOption key={value} value={value} label={label} />
      ))}
    </FormSelect>
  );
}

function Day({ state, name, label }: One) {
  const id = `filter-${name}`;
  return (
    <span className="ers-day">
      <label htmlFor={id}>{label}</label>
      <TextInput
        id={id}
        type="date"
        value={state.get(name)}
        onChange={(_, value) => state.set({ [name]: value })}
      />
    </span>
  );
}
