import { ConfirmByName, columnsOf, Labels, List, Time, useNotices } from "@ers/frame";
import { Button, Label } from "@patternfly/react-core";
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
  const [taking, setTaking] = useState<AccessToken>();
  return (
    <>
      <List
        label={text("tokens")}
        query={query}
        rows={query.data ?? []}
        keyOf={(row) => row.id}
        heading={text("tokens")}
        empty={{ title: text("no_tokens") }}
        columns={columnsOf<AccessToken>(
          {
            title: common("description"),
            width: 25,
            breaks: true,
            cell: (row) => (
              <>
                <span translate="no">{row.description || "–"}</span>
                <div className="ers-quiet ers-small">
                  <Time at={row.created_at} quiet /> <span translate="no">{row.created_by}</span>
                </div>
              </>
            ),
          },
          {
            title: text("allowed"),
            width: 30,
            cell: ({ permissions }) => <Labels of={permissions} most={30} />,
          },
          { title: term("realm"), cell: ({ realm }) => place(realm) },
          {
            title: text("ends"),
            cell: ({ expires_at: at }) => (
              <>
                <Time at={at} /> {Date.parse(at) < Date.now() && <Label isCompact>{text("expired")}</Label>}
              </>
            ),
          },
          {
            title: text("last_used"),
            cell: ({ last_used_at: at }) => (at ? <Time at={at} /> : text("never")),
          },
          manages && {
            title: term("actions"),
            silent: true,
            cell: (row) => (
              <Button variant="secondary" size="sm" isDanger onClick={() => setTaking(row)}>
                {text("take_back")}
              </Button>
            ),
          },
        )}
      />
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
