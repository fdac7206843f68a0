import { Button, Tooltip } from "@patternfly/react-core";
import CheckIcon from "@patternfly/react-icons/dist/esm/icons/check-icon";
import CopyIcon from "@patternfly/react-icons/dist/esm/icons/copy-icon";
import { useState } from "react";
import { useWords } from "./words.ts";

/** Copies a text. */
export function CopyButton({ text }: { text: string }) {
  const words = useWords();
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
    setTimeout(() => setCopied(false), 2000);
  };
  const said = copied ? words("copied") : words("copy");
  return (
    <Tooltip content={said} aria="none">
      <Button
        variant="plain"
        size="sm"
        aria-label={said}
        icon={copied ? <CheckIcon /> : <CopyIcon />}
        onClick={copy}
      />
    </Tooltip>
  );
}
