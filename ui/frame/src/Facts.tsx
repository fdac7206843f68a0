import {
  DescriptionList,
  DescriptionListDescription,
  DescriptionListGroup,
  DescriptionListTerm,
} from "@patternfly/react-core";
import type { ReactNode } from "react";

/** Names and what belongs to them. */
export function Facts({ rows, wide = false }: { rows: [string, ReactNode][]; wide?: boolean }) {
  return (
    <DescriptionList
      isHorizontal
      isCompact
      horizontalTermWidthModifier={{ default: "12ch", md: "20ch" }}
      columnModifier={wide ? { default: "1Col" } : { default: "1Col", xl: "2Col" }}
    >
      {rows
        .filter(([, value]) => value !== "" && value !== false && value !== undefined && value !== null)
        .map(([name, value]) => (
          <DescriptionListGroup key={name}>
            <DescriptionListTerm>{name}</DescriptionListTerm>
            <DescriptionListDescription className="ers-break">{value}</DescriptionListDescription>
          </DescriptionListGroup>
        ))}
    </DescriptionList>
  );
}
