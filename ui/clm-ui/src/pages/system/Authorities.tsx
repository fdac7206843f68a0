import { download, List, Time } from "@ers/frame";
import { fileNameOf } from "@ers/frame/certificate/names.ts";
import { Button, Label } from "@patternfly/react-core";
import DownloadIcon from "@patternfly/react-icons/dist/esm/icons/download-icon";
import { Link } from "react-router";
import type { Authority } from "../../generated/clm-api.ts";
import { useAuthorities } from "../../queries/system.ts";
import { useTerms } from "../../words/terms.ts";
import { useText } from "./words.ts";

const CRLS = {
  current: "success",
  late: "warning",
  expired: "danger",
  none: "custom",
  unknown: "custom",
} as const;

/** The CAs that policies issue from, and their CRLs. */
export function Authorities() {
  const text = useText();
  const term = useTerms();
  const query = useAuthorities();
  return (
    <List
      label={text("authorities")}
      query={query}
      rows={query.data ?? []}
      keyOf={(authority) => authority.name}
      heading={text("authorities")}
      empty={{ title: text("no_authorities") }}
      columns={[
        {
          title: term("name"),
          width: 30,
          breaks: true,
          cell: (authority) => (
            <>
              <strong translate="no">{authority.name}</strong>{" "}
              {authority.state !== "active" && (
                <Label isCompact status="warning" translate="no">
                  {authority.state}
                </Label>
              )}
              <div className="ers-quiet ers-small" translate="no">
                {authority.subject}
              </div>
            </>
          ),
        },
        { title: text("key"), cell: (authority) => <span translate="no">{authority.key_algorithm}</span> },
        {
          title: text("valid_to"),
          cell: ({ not_after: at }) => (at ? <Time at={at} /> : "–"),
        },
        { title: text("crl"), cell: (authority) => <Crl authority={authority} /> },
        {
          title: text("policies"),
          breaks: true,
          cell: ({ policies }) =>
            policies.length > 0 && (
              <div>
                {policies.map((policy, index) => (
                  <span key={policy}>
                    {index > 0 && ", "}
                    <Link to={`/policies/${policy}`}>{policy}</Link>
                  </span>
                ))}
              </div>
            ),
        },
        { title: term("chain"), silent: true, cell: (authority) => <Save authority={authority} /> },
      ]}
    />
  );
}

function Crl({ authority }: { authority: Authority }) {
  const text = useText();
  const state = authority.crl_state as keyof typeof CRLS;
  const due = authority.crls.map(({ next_update }) => next_update).sort()[0];
  return (
    <>
      <Label isCompact status={CRLS[state] ?? "custom"}>
        {state in CRLS ? text(`crl_${state}`) : authority.crl_state}
      </Label>
      {due && (
        <div className="ers-quiet ers-small">
          {text("next_update")} <Time at={due} />
        </div>
      )}
    </>
  );
}

function Save({ authority }: { authority: Authority }) {
  const term = useTerms();
  if (authority.chain_pem.length === 0) return null;
  return (
    <Button
      variant="plain"
      aria-label={`${term("chain")}: ${authority.name}`}
      icon={<DownloadIcon />}
      onClick={() =>
        download(
          `${fileNameOf(authority.name)}-chain.pem`,
          authority.chain_pem.join(""),
          "application/x-pem-file",
        )
      }
    />
  );
}
