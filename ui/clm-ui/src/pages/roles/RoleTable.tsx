import { ListCard } from "@ers/frame";
import { Button, EmptyState, Label, LabelGroup } from "@patternfly/react-core";
import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import type { Role } from "../../generated/clm-api.ts";
import { useSubjectText } from "../../parts/BindingTable.tsx";
import { useRemoveText } from "../../parts/Remove.tsx";
import { useRoles } from "../../queries/roles.ts";
import { useCommonText } from "../../words/common.ts";
import { useTerms } from "../../words/terms.ts";
import { useText } from "./words.ts";

/** The roles, and what each may do. */
export function RoleTable(props: {
  manages: boolean;
  onChange: (role: Role) => void;
  onRemove: (name: string) => void;
}) {
  const text = useText();
  const common = useCommonText();
  const removeText = useRemoveText();
  const words = useSubjectText();
  const term = useTerms();
  const query = useRoles();
  const rows = query.data ?? [];
  return (
    <ListCard
      query={query}
      count={rows.length}
      filtered={false}
      empty={<EmptyState titleText={text("no_roles")} headingLevel="h2" />}
    >
      <Table aria-label={text("roles")} variant="compact" gridBreakPoint="grid-lg">
        <Thead>
          <Tr>
            <Th width={30}>{words("role")}</Th>
            <Th>{text("permissions")}</Th>
            {props.manages && <Th screenReaderText={term("actions")} />}
          </Tr>
        </Thead>
        <Tbody>
          {rows.map((row) => (
            <Tr key={row.name}>
              <Td dataLabel={words("role")} modifier="breakWord">
                <strong translate="no">{row.name}</strong>{" "}
                {row.ready && <Label isCompact>{text("ready")}</Label>}
                <div className="ers-quiet ers-small" translate="no">
                  {row.description}
                </div>
              </Td>
              <Td dataLabel={text("permissions")}>
                <LabelGroup numLabels={30}>
                  {row.permissions.map((permission) => (
                    <Label key={permission} isCompact variant="outline" translate="no">
                      {permission}
                    </Label>
                  ))}
                </LabelGroup>
              </Td>
              {props.manages && (
                <Td dataLabel={term("actions")}>
                  {!row.ready && (
                    <div className="ers-actions">
                      <Button variant="secondary" size="sm" onClick={() => props.onChange(row)}>
                        {common("change")}
                      </Button>
                      <Button variant="secondary" size="sm" isDanger onClick={() => props.onRemove(row.name)}>
                        {removeText("remove")}
                      </Button>
                    </div>
                  )}
                </Td>
              )}
            </Tr>
          ))}
        </Tbody>
      </Table>
    </ListCard>
  );
}
