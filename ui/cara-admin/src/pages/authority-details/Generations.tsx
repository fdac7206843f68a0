import { ConfirmByName, download, Rows, useFormats, useNotices } from "@ers/frame";
import { Button, Card, CardBody, CardTitle } from "@patternfly/react-core";
import { useState } from "react";
import type { Authority } from "../../generated/cara-ws.ts";
import { StateLabel } from "../../parts/StateLabel.tsx";
import { useSwitch } from "../../queries/authorities.ts";
import { useMay } from "../../queries/session.ts";
import { useTerms } from "../../words/terms.ts";
import { useText } from "./words.ts";

const PEM = "application/x-pem-file";

/** The keys of a CA, one generation after the other, and its further certificates. */
export function Generations({ authority }: { authority: Authority }) {
  const text = useText();
  const term = useTerms();
  const may = useMay();
  const { moment } = useFormats();
  const [next, setNext] = useState<number>();
  return (
    <div className="ers-stack">
      <Card>
        <CardBody>
          <Rows
            label={text("generations_tab")}
            rows={authority.generations}
            keyOf={(one) => one.number}
            columns={[
              { title: term("generation"), cell: (one) => one.number },
              {
                title: term("state"),
                cell: (one) => (
                  <>
                    <StateLabel state={one.state} />
                    {one.switch_at && (
                      <div className="ers-small">{text("in_force_at", { at: moment(one.switch_at) })}</div>
                    )}
                  </>
                ),
              },
              { title: term("key"), cell: (one) => <span translate="no">{one.key_algorithm}</span> },
              { title: "CRL", cell: (one) => (one.crl_number > 0 ? `#${one.crl_number}` : "–") },
              {
                title: term("actions"),
                silent: true,
                cell: (one) => (
                  <div className="ers-actions">
                    {one.certificate_pem && (
                      <Button
                        variant="secondary"
                        size="sm"
                        onClick={() =>
                          download(`${authority.name}-g${one.number}.pem`, one.certificate_pem, PEM)
                        }
                      >
                        {text("der_pem")}
                      </Button>
                    )}
                    {one.state === "prepared" && may("manage-authorities") && (
                      <Button variant="primary" size="sm" onClick={() => setNext(one.number)}>
                        {text("issue_now")}
                      </Button>
                    )}
                  </div>
                ),
              },
            ]}
          />
        </CardBody>
      </Card>
      {authority.others.length > 0 && <Others authority={authority} />}
      {next !== undefined && (
        <SwitchTo authority={authority} generation={next} onClose={() => setNext(undefined)} />
      )}
    </div>
  );
}

function SwitchTo(props: { authority: Authority; generation: number; onClose: () => void }) {
  const text = useText();
  const tell = useNotices();
  const { name } = props.authority;
  const change = useSwitch(name);
  const done = () => {
    tell(text("state_done", { name }));
    props.onClose();
  };
  return (
    <ConfirmByName
      title={text("issue_title", { n: props.generation, name })}
      name={name}
      action={text("issue_now")}
      busy={change.isPending}
      error={change.error}
      onConfirm={() => change.mutate(props.generation, { onSuccess: done })}
      onClose={props.onClose}
    >
      <p>{text("issue_hint")}</p>
    </ConfirmByName>
  );
}

function Others({ authority }: { authority: Authority }) {
  const text = useText();
  const term = useTerms();
  const kind = (name: string) => {
    if (name === "own") return text("own");
    if (name === "cross") return text("cross");
    if (name === "above") return text("above");
    return `${text("link")} (${name})`;
  };
  return (
    <Card>
      <CardTitle component="h2">{text("other_certificates")}</CardTitle>
      <CardBody>
        <p className="ers-quiet">{text("others_hint", { name: authority.name })}</p>
        <ul className="ers-short-list">
          {authority.others.map((other, index) => (
            <li key={other.certificate_pem}>
              <span>
                {kind(other.kind)}, {term("generation")} {other.generation}
              </span>
              <Button
                variant="link"
                isInline
                onClick={() =>
                  download(`${authority.name}-${other.kind}-${index + 1}.pem`, other.certificate_pem, PEM)
                }
              >
                {text("download")}
              </Button>
            </li>
          ))}
        </ul>
      </CardBody>
    </Card>
  );
}
