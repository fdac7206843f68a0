import { ConfirmByName, ListCard, Time, useNotices } from "@ers/frame";
import { Button, EmptyState, Label, LabelGroup } from "@patternfly/react-core";
import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import { useState } from "react";
import type { AccessToken } from "../../generated/clm-api.ts";
import { usePlace } from "../../parts/PlaceFields.tsx";
import { useRevokeToken, useTokens } from "../../queries/clients.ts";
import { useCommonText } from "../../words/common.ts";
import { useTerms } from "../../words/terms.ts";
import { useText } from "../clients/words.ts";

/** The access tokens of a client, without their text. */
export function Tokens({ name, manages }: { name: string; manages: boolean }) {
  const text = useText();
  const common = useCommonText();
  const term = useTerms();
  const place = usePlace();
  const query = useTokens(name);
  const rows = query.data ?? [];
  const [taking, setTaking] = useState<AccessToken>();
  return (
    <>
      <ListCard
        query={query}
        count={rows.length}
        filtered={false}
        toolbar={<h2 className="ers-legend">{text("tokens")}</h2>}
        empty={<EmptyState titleText={text("no_tokens")} headingLevel="h2" variant="sm" />}
      >
        <Table aria-label={text("tokens")} variant="compact" gridBreakPoint="grid-lg">
          <Thead>
            <Tr>
              <Th width={25}>{common("description")}</Th>
              <Th width={30}>{text("allowed")}</Th>
              <Th>{term("realm")}</Th>
              <Th>{text("ends")}</Th>
              <Th>{text("last_used")}</Th>
              {manages && <Th screenReaderText={term("actions")} />}
            </Tr>
          </Thead>
          <Tbody>
            {rows.map((row) => (
              <Tr key={row.id}>
                <Td dataLabel={common("description")} modifier="breakWord">
                  <span translate="no">{row.description || "–"}</span>
                  <div className="ers-quiet ers-small">
                    <Time at={row.created_at} quiet /> <span translate="no">{row.created_by}</span>
                  </div>
                </Td>
                <Td dataLabel={text("allowed")}>
                  <LabelGroup numLabels={30}>
                    {row.permissions.map((permission) => (
                      <Label key={permission} isCompact variant="outline" translate="no">
                        {permission}
                      </Label>
                    ))}
                  </LabelGroup>
                </Td>
                <Td dataLabel={term("realm")}>{place(row.realm)}</Td>
                <Td dataLabel={text("ends")}>
                  <Time at={row.expires_at} />{" "}
                  {Date.parse(row.expires_at) < Date.now() && <Label isCompact>{text("expired")}</Label>}
                </Td>
                <Td dataLabel={text("last_used")}>
                  {row.last_used_at ? <Time at={row.last_used_at} /> : text("never")}
                </Td>
                {manages && (
                  <Td dataLabel={term("actions")}>
                    <Button variant="secondary" size="sm" isDanger onClick={() => setTaking(row)}>
                      {text("take_back")}
                    </Button>
                  </Td>
                )}
              </Tr>
            ))}
          </Tbody>
        </Table>
      </ListCard>
      {taking && <TakeBack name={name} token={taking} onClose={() => setTaking(undefined)} />}
    </>
  );
}

function TakeBack(props: { name: string; token: AccessToken; onClose: () => void }) {
  const text = useText();
  const tell = useNotices();
  const revoke = useRevokeToken(props.name);
  const done = () => {
    tell(text("taken_back"));
    props.onClose();
  };
  return (
    <ConfirmByName
      title={text("take_back_title")}
      name={props.name}
      action={text("take_back")}
      busy={revoke.isPending}
      error={revoke.error}
      onConfirm={() => revoke.mutate(props.token.id, { onSuccess: done })}
      onClose={props.onClose}
    >
      <p>{text("take_back_hint")}</p>
      {props.token.description && <p translate="no">{props.token.description}</p>}
    </ConfirmByName>
  );
}
