import { columnsOf, Labels, List } from "@ers/frame";
import { Button, Label } from "@patternfly/react-core";
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
  return (
    <List
      label={text("roles")}
      query={query}
      rows={query.data ?? []}
      keyOf={(row) => row.name}
      empty={{ title: text("no_roles") }}
      columns={columnsOf<Role>(
        {
          title: words("role"),
          width: 30,
          breaks: true,
          cell: (row) => (
            <>
              <strong translate="no">{row.name}</strong>{" "}
              {row.ready && <Label isCompact>{text("ready")}</Label>}
              <div className="ers-quiet ers-small" translate="no">
                {row.description}
              </div>
            </>
          ),
        },
        {
          title: text("permissions"),
          cell: ({ permissions }) => <Labels of={permissions} most={30} />,
        },
        props.manages && {
          title: term("actions"),
          silent: true,
          cell: (row) =>
            !row.ready && (
              <div className="ers-actions">
                <Button variant="secondary" size="sm" onClick={() => props.onChange(row)}>
                  {common("change")}
                </Button>
                <Button variant="secondary" size="sm" isDanger onClick={() => props.onRemove(row.name)}>
                  {removeText("remove")}
                </Button>
              </div>
            ),
        },
      )}
    />
  );
}
