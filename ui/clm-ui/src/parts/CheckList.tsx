import { Checkbox } from "@patternfly/react-core";
import type { ReactNode } from "react";

/** Names of which any may be chosen, each with what it means. */
export function CheckList(props: {
  id: string;
  label: string;
  names: readonly string[];
  chosen: string[];
  told?: (name: string) => string | undefined;
  disabled?: (name: string) => boolean;
  hint?: ReactNode;
  onChange: (chosen: string[]) => void;
}) {
  const { chosen } = props;
  const toggle = (name: string, on: boolean) =>
    props.onChange(on ? [...chosen, name] : chosen.filter((one) => one !== name));
  return (
    <fieldset className={props.told ? "ers-checks" : "ers-checks ers-checks-short"}>
      <legend className="ers-legend">{props.label}</legend>
      {props.names.map((name) => (
        <Checkbox
          key={name}
          id={`${props.id}-${name}`}
          label={<span translate="no">{name}</span>}
          description={props.told?.(name)}
          isChecked={chosen.includes(name)}
          isDisabled={props.disabled?.(name) ?? false}
          onChange={(_, on) => toggle(name, on)}
        />
      ))}
      {props.hint}
    </fieldset>
  );
}
