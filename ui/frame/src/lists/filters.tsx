import {
  FormSelect,
  FormSelectOption,
  TextInput,
  ToggleGroup,
  ToggleGroupItem,
} from "@patternfly/react-core";
import type { ReactNode } from "react";
import { useWords } from "../words.ts";
import { SearchField } from "./SearchField.tsx";
import { type UrlState, useUrlState } from "./url-state.ts";

type Choice = readonly [value: string, label: string];

/** The fields that narrow a list; `search`: begins with a text that is looked for. */
export function Toolbar({ search, children }: { search?: string; children?: ReactNode }) {
  const state = useUrlState();
  return (
    <search className="ers-toolbar">
      {search !== undefined && <SearchField state={state} name="search" label={search} />}
      {children}
    </search>
  );
}

/** One out of few, all of them seen; it stands in the URL under `name`. */
export function ToggleFilter(props: {
  state: UrlState;
  name: string;
  label: string;
  all?: string;
  choices: readonly Choice[];
}) {
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

/** One out of many; it stands in the URL under `name`. `all`: what none of them is called; absent: one must be chosen. */
export function SelectFilter(props: {
  state: UrlState;
  name: string;
  label: string;
  all?: string | undefined;
  choices: readonly Choice[];
}) {
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

/** A day; it stands in the URL under `name`. */
export function DayFilter({ state, name, label }: { state: UrlState; name: string; label: string }) {
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
