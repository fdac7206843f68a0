import { CodeBlock, CodeBlockAction, CodeBlockCode } from "@patternfly/react-core";
import { CopyButton } from "./CopyButton.tsx";

/** PEM to look at and to copy. */
export function PemText({ pem }: { pem: string }) {
  const copy = (
    <CodeBlockAction>
      <CopyButton text={pem} />
    </CodeBlockAction>
  );
  return (
    <CodeBlock actions={copy}>
      <CodeBlockCode>{pem.trim()}</CodeBlockCode>
    </CodeBlock>
  );
}
