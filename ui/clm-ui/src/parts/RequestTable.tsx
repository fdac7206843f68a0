import { useFormats } from "@ers/frame";
import { bare, titleOf } from "@ers/frame/certificate/names.ts";
import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import type { ReactNode } from "react";
import { Link } from "react-router";
import type { Request } from "../generated/clm-api.ts";
import { useTerms } from "../words/terms.ts";
import { StateLabel } from "./StateLabel.tsx";

/** Requests in their states; with `act` those of one state, and what can be done to each. */
export function RequestTable(props: {
  label: string;
  rows: Request[];
  act?: (request: Request) => ReactNode;
}) {
  const term = useTerms();
  const { moment, relative } = useFormats();
  return (
    <Table aria-label={props.label} variant="compact" gridBreakPoint="grid-lg">
      <Thead>
        <Tr>
          <Th width={30}>{term("name")}</Th>
          {!props.act && <Th>{term("state")}</Th>}
          <Th>{term("requested")}</Th>
          <Th>{term("requester")}</Th>
          <Th>{term("policy")}</Th>
          {props.act && <Th screenReaderText={term("actions")} />}
        </Tr>
      </Thead>
      <Tbody>
        {props.rows.map((row) => (
          <Tr key={row.id}>
            <Td dataLabel={term("name")}>
              <Title request={row} />
            </Td>
            {!props.act && (
              <Td dataLabel={term("state")}>
                <StateLabel state={row.state} />
              </Td>
            )}
            <Td dataLabel={term("requested")}>
              <time dateTime={row.created_at} title={moment(row.created_at)}>
                {relative(row.created_at)}
              </time>
            </Td>
            <Td dataLabel={term("requester")} modifier="breakWord">
              {row.requester} <span className="ers-quiet">({row.protocol})</span>
            </Td>
            <Td dataLabel={term("policy")}>
              <Link to={`/policies/${row.policy}`}>{row.policy}</Link>
            </Td>
            {props.act && <Td dataLabel={term("actions")}>{props.act(row)}</Td>}
          </Tr>
        ))}
      </Tbody>
    </Table>
  );
}

function Title({ request }: { request: Request }) {
  const title = titleOf(request.subject, request.subject_alternative_names);
  const others = request.subject_alternative_names.map(bare).filter((name) => name !== title);
  return (
    <>
      {request.state === "issued" ? (
        <Link to={`/certificates?search=${encodeURIComponent(title)}`}>{title}</Link>
      ) : (
        <strong className="ers-break">{title}</strong>
      )}
      {others.length > 0 && <div className="ers-quiet ers-small ers-break">{others.join(", ")}</div>}
      {request.detail && <div className="ers-small ers-break">{request.detail}</div>}
      {request.decided_by && <div className="ers-quiet ers-small">— {request.decided_by}</div>}
    </>
  );
}
