import type { ReactNode } from "react";

/** A column of a list: what it is called, and what it says of a row. */
export type Column<Row> = {
  title: string;
  cell: (row: Row) => ReactNode;
  /** Its part of the whole, of a hundred. */
  width?: 15 | 20 | 25 | 30 | 35 | 40;
  /** Words without a place to break may be broken. */
  breaks?: boolean;
  /** Only told, not shown above it: what can be done. */
  silent?: boolean;
};

/** Columns without those that somebody does not see. */
export function columnsOf<Row>(...columns: (Column<Row> | false | undefined)[]): Column<Row>[] {
  return columns.filter((column) => column !== undefined && column !== false);
}
