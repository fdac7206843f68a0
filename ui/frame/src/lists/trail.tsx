import type { ReactNode } from "react";
import { useFormats } from "../formats.ts";
import { useWords } from "../words.ts";
import type { Column } from "./columns.ts";
import type { Filter } from "./filters.tsx";

/** An act that somebody did, as an audit log tells it. */
export type Deed = {
  at: string;
  who: string;
  /** The address that it came from. */
  origin?: string | null | undefined;
  act: string;
  object: string;
  detail?: string | null | undefined;
  /** What else is known of it. */
  more?: ReactNode;
};

/** What every audit log tells of each act: when, who, what, on what. */
export function useTrailColumns<Row>(deedOf: (row: Row) => Deed): Column<Row>[] {
  const words = useWords();
  const { moment, relative } = useFormats();
  const told = (cell: (deed: Deed) => ReactNode) => (row: Row) => cell(deedOf(row));
  return [
    {
      title: words("when"),
      cell: told(({ at }) => (
        <time dateTime={at} title={relative(at)}>
          {moment(at)}
        </time>
      )),
    },
    {
      title: words("who"),
      breaks: true,
      cell: told(({ who, origin }) => (
        <>
          <span translate="no">{who}</span>
          {origin && <div className="ers-quiet ers-small">{words("where", { address: origin })}</div>}
        </>
      )),
    },
    { title: words("act"), breaks: true, cell: told(({ act }) => <span translate="no">{act}</span>) },
    {
      title: words("object"),
      width: 35,
      breaks: true,
      cell: told(({ object, detail, more }) => (
        <>
          <span translate="no">{object}</span>
          {detail && (
            <div className="ers-quiet ers-small" translate="no">
              {detail}
            </div>
          )}
          {more}
        </>
      )),
    },
  ];
}

/** What every audit log is narrowed by; `who`: the name of that filter, `acts`: some that there are. */
export function useTrailFilters(who: string, acts: string): Filter[] {
  const words = useWords();
  return [
    { kind: "text", name: who, label: words("by_whom"), maxLength: 255 },
    { kind: "text", name: "act", label: words("act_filter", { acts }), maxLength: 64 },
  ];
}
