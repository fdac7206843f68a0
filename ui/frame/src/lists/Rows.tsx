import { Checkbox } from "@patternfly/react-core";
import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import { useId } from "react";
import { useWords } from "../words.ts";
import type { Column } from "./columns.ts";

/** Rows that are chosen, by their keys. */
export type Selection = { chosen: ReadonlySet<string>; choose: (keys: string[], on: boolean) => void };

/** A table that becomes a card for each row on a telephone. */
export function Rows<Row>(props: {
  label: string;
  rows: Row[];
  columns: Column<Row>[];
  keyOf: (row: Row) => string | number;
  selection?: Selection | undefined;
  /** What a row is called, where rows can be chosen. */
  nameOf?: ((row: Row) => string) | undefined;
}) {
  const words = useWords();
  const id = useId();
  const { rows, columns, keyOf, selection } = props;
  const keys = rows.map((row) => String(keyOf(row)));
  return (
    <Table aria-label={props.label} variant="compact" gridBreakPoint="grid-lg">
      <Thead>
        <Tr>
          {selection && (
            <Th className="pf-v6-c-table__check">
              <Checkbox
                id={`${id}-all`}
                aria-label={words("choose_all")}
                isChecked={keys.length > 0 && keys.every((key) => selection.chosen.has(key))}
                onChange={(_, on) => selection.choose(keys, on)}
              />
            </Th>
          )}
          {columns.map(({ title, width, silent }) =>
            silent ? (
              <Th key={title} screenReaderText={title} />
            ) : (
              <Th key={title} modifier="nowrap" {...(width && { width })}>
                {title}
              </Th>
            ),
          )}
        </Tr>
      </Thead>
      <Tbody>
        {rows.map((row) => {
          const key = String(keyOf(row));
          return (
            <Tr key={key}>
              {selection && (
                <Td className="pf-v6-c-table__check">
                  <Checkbox
                    id={`${id}-${key}`}
                    aria-label={words("choose", { name: props.nameOf?.(row) ?? key })}
                    isChecked={selection.chosen.has(key)}
                    onChange={(_, on) => selection.choose([key], on)}
                  />
                </Td>
              )}
              {columns.map(({ title, cell, breaks }) => (
                <Td key={title} dataLabel={title} {...(breaks && { modifier: "breakWord" as const })}>
                  {cell(row)}
                </Td>
              ))}
            </Tr>
          );
        })}
      </Tbody>
    </Table>
  );
}
