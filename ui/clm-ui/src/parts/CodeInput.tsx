import { TextInput } from "@patternfly/react-core";
import { useEffect, useRef } from "react";

/** Six digits of an authenticator app (RFC 6238). */
export function CodeInput(props: {
  id: string;
  value: string;
  onChange: (value: string) => void;
  focused?: boolean;
}) {
  const input = useRef<HTMLInputElement>(null);
  const { focused } = props;
  useEffect(() => {
    if (focused) input.current?.focus();
  }, [focused]);
  return (
    <TextInput
      ref={input}
      id={props.id}
      inputMode="numeric"
      autoComplete="one-time-code"
      maxLength={7}
      value={props.value}
      onChange={(_, value) => props.onChange(value.replace(/\D/g, "").slice(0, 6))}
    />
  );
}
