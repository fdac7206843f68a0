import { type Column, columnsOf, useFormats } from "@ers/frame";
import { bare, titleOf } from "@ers/frame/certificate/names.ts";
import type { ReactNode } from "react";
import { Link } from "react-router";
import type { Request } from "../generated/clm-api.ts";
import { useTerms } from "../words/terms.ts";
import { StateLabel } from "./StateLabel.tsx";

/**
 * What is told of requests in their states; with `act` of those of one state, and what can be done to each; with `take` in
 * all states, and what can be taken.
 */
export function useRequestColumns(does: {
  act?: (request: Request) => ReactNode;
  take?: (request: Request) => ReactNode;
}): Column<Request>[] {
  const { act, take } = does;
  const term = useTerms();
  const { moment, relative } = useFormats();
  return columnsOf<Request>(
    { title: term("name"), width: 30, cell: (row) => <Title request={row} /> },
    !act && { title: term("state"), cell: ({ state }) => <StateLabel state={state} /> },
    {
      title: term("requested"),
      cell: ({ created_at: at }) => (
        <time dateTime={at} title={moment(at)}>
          {relative(at)}
        </time>
      ),
    },
    {
      title: term("requester"),
      breaks: true,
      cell: ({ requester, protocol }) => (
        <>
          {requester} <span className="ers-quiet">({protocol})</span>
        </>
      ),
    },
    { title: term("policy"), cell: ({ policy }) => <Link to={`/policies/${policy}`}>{policy}</Link> },
    act && { title: term("actions"), silent: true, cell: act },
    take && { title: term("actions"), silent: true, cell: take },
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
