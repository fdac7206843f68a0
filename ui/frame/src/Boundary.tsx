import { Alert, Button, PageSection } from "@patternfly/react-core";
import { Component, type ReactNode } from "react";
import { useWords } from "./words.ts";

/** Keeps the frame standing when a page breaks, or when a part of the app cannot be loaded any more after an update. */
export class Boundary extends Component<{ children: ReactNode }, { broken: boolean }> {
  override state = { broken: false };

  static getDerivedStateFromError() {
    return { broken: true };
  }

  override render() {
    return this.state.broken ? <Broken /> : this.props.children;
  }
}

function Broken() {
  const words = useWords();
  const again = (
    <Button variant="link" isInline onClick={() => location.reload()}>
      {words("reload")}
    </Button>
  );
  return (
    <PageSection>
      <Alert isInline variant="danger" title={words("broken")} actionLinks={again}>
        {words("broken_hint")}
      </Alert>
    </PageSection>
  );
}
