import { Facts, useFormats } from "@ers/frame";
import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import type { AuditEvent } from "../../generated/clm-api.ts";
import { useMenuText } from "../../words/menu.ts";
import { useTerms } from "../../words/terms.ts";
import { useText } from "./words.ts";

/** Events of the audit log. */
export function Events({ rows }: { rows: AuditEvent[] }) {
  const text = useText();
  const menu = useMenuText();
  const term = useTerms();
  const { moment, relative } = useFormats();
  return (
    <Table aria-label={menu("audit")} variant="compact" gridBreakPoint="grid-lg">
      <Thead>
        <Tr>
          <Th>{text("when")}</Th>
          <Th>{text("actor")}</Th>
          <Th>{text("act")}</Th>
          <Th width={40}>{text("object")}</Th>
          <Th>{term("realm")}</Th>
        </Tr>
      </Thead>
      <Tbody>
        {rows.map((row) => (
          <Tr key={row.sequence ?? `${row.at} ${row.act} ${row.object}`}>
            <Td dataLabel={text("when")}>
              <time dateTime={row.at} title={relative(row.at)}>
                {moment(row.at)}
              </time>
            </Td>
            <Td dataLabel={text("actor")} modifier="breakWord">
              <span translate="no">{row.actor}</span>
              {row.origin && (
                <div className="ers-quiet ers-small">{text("where", { address: row.origin })}</div>
              )}
            </Td>
            <Td dataLabel={text("act")} modifier="breakWord">
              <span translate="no">{row.act}</span>
            </Td>
            <Td dataLabel={text("object")} modifier="breakWord">
              <span translate="no">{row.object}</span>
              {row.detail && (
                <div className="ers-quiet ers-small" translate="no">
                  {row.detail}
                </div>
              )}
              <More event={row} />
            </Td>
            <Td dataLabel={term("realm")}>{row.realm || "–"}</Td>
          </Tr>
        ))}
      </Tbody>
    </Table>
  );
}

/** How it was and was to be, and its place in the chain. */
function More({ event }: { event: AuditEvent }) {
  const text = useText();
  const { before, after, sequence, digest } = event;
  if (!before && !after && !digest) return null;
  const written = (value: string) => (
    <pre className="ers-mono ers-written" translate="no">
      {value}
    </pre>
  );
  return (
    <details className="ers-small">
      <summary>{text("more")}</summary>
      <Facts
        wide
        rows={[
          [text("before"), before && written(before)],
          [text("after"), after && written(after)],
          [text("sequence"), sequence],
          [text("digest"), digest && <span className="ers-mono">{digest}</span>],
        ]}
      />
    </details>
  );
}
