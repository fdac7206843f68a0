import { useState } from "react";
import type { Chosen } from "../../queries/bulk-acts.ts";
import type { CertificateFilter } from "../../queries/certificates.ts";

const NONE: ReadonlySet<string> = new Set();

/** Which certificates are chosen: rows of any page, or all that the search finds. Another search begins with none. */
export function useChoice(filter: CertificateFilter, total: number) {
  const search = JSON.stringify(filter);
  const [kept, setKept] = useState({ search, rows: NONE, isWhole: false });
  const { rows, isWhole } = kept.search === search ? kept : { rows: NONE, isWhole: false };
  const choose = (keys: string[], on: boolean) => {
    const next = new Set(rows);
    for (const key of keys) {
      if (on) next.add(key);
      else next.delete(key);
    }
    setKept({ search, rows: next, isWhole: false });
  };
  const looks = Object.keys(filter).length > 0;
  const chosen: Chosen = isWhole ? { filter: filter as Chosen["filter"] } : { ids: [...rows] };
  return {
    selection: { chosen: rows, choose },
    bar: {
      chosen,
      count: isWhole ? total : rows.size,
      whole: looks && total > rows.size ? total : undefined,
      isWhole,
      onWhole: () => setKept({ search, rows, isWhole: true }),
      onNone: () => setKept({ search, rows: NONE, isWhole: false }),
    },
  };
}
