import { Label, LabelGroup } from "@patternfly/react-core";
import { Children, type ReactNode } from "react";
import { useWords } from "./words.ts";

/** Names, tags and other short texts side by side, behind what is in `children`; more than `most` are shown when asked for. */
export function Labels(props: { of: readonly string[]; most: number; label?: string; children?: ReactNode }) {
  const words = useWords();
  const before = Children.toArray(props.children).length;
  return (
    <LabelGroup
      numLabels={props.most}
      collapsedText={words("more_labels", { n: before + props.of.length - props.most })}
      expandedText={words("fewer_labels")}
      {...(props.label && { "aria-label": props.label })}
    >
      {props.children}
      {props.of.map((one) => (
        <Label key={one} isCompact variant="outline" translate="no">
          {one}
        </Label>
      ))}
    </LabelGroup>
  );
}
