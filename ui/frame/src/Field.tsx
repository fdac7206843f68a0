import { FormGroup, FormHelperText, HelperText, HelperTextItem } from "@patternfly/react-core";
import type { ReactNode } from "react";

/** A labelled input with its hint, or with what is wrong with it. */
export function Field(props: {
  id: string;
  label: string;
  hint?: ReactNode;
  wrong?: string | undefined;
  required?: boolean;
  children: ReactNode;
}) {
  return (
    <FormGroup label={props.label} fieldId={props.id} isRequired={props.required ?? false}>
      {props.children}
      {(props.wrong || props.hint) && (
        <FormHelperText>
          <HelperText id={`${props.id}-help`} aria-live={props.wrong ? "polite" : "off"}>
            <HelperTextItem variant={props.wrong ? "error" : "default"}>
              {props.wrong ?? props.hint}
            </HelperTextItem>
          </HelperText>
        </FormHelperText>
      )}
    </FormGroup>
  );
}
