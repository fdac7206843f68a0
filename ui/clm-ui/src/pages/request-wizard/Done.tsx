import { download, ProblemAlert } from "@ers/frame";
import { bytesOf } from "@ers/frame/base64.ts";
import { fileNameOf } from "@ers/frame/certificate/names.ts";
import { Alert, Button, Card, CardBody } from "@patternfly/react-core";
import { useEffect, useState } from "react";
import { Link } from "react-router";
import { useMenuText } from "../../words/menu.ts";
import { Pkcs12 } from "../certificate-details/Pkcs12.tsx";
import type { Result } from "./send.ts";
import { useText } from "./words.ts";

const PEM = "application/x-pem-file";

/** What became of the request, and what to take along: a key that was made here is nowhere else. */
export function Done(props: {
  result: Result;
  onAgain: () => void;
  /** Present while a key of the platform is waited for: asks whether it is there. */
  onLook: (() => void) | undefined;
  busy: boolean;
  error: unknown;
}) {
  const { result, onAgain } = props;
  const text = useText();
  const menu = useMenuText();
  const issued = "issued" in result.outcome ? result.outcome.issued : undefined;
  const pkcs12 = issued?.pkcs12 ?? undefined;
  const [saved, setKept] = useState(false);
  const kept = saved || (result.keyPem === undefined && pkcs12 === undefined);
  const [withKey, setWithKey] = useState(false);
  useAsksBeforeLeaving(!kept);
  const name = fileNameOf(result.title);
  const { keyPem } = result;
  return (
    <Card>
      <CardBody className="ers-stack">
        <Alert
          isInline
          isLiveRegion
          variant={issued ? "success" : "info"}
          title={`${result.title}: ${text(issued ? "issued_title" : "waiting_title")}`}
        >
          {issued ? null : text("waiting_hint")}
        </Alert>
        {keyPem !== undefined && !kept && <Alert isInline variant="warning" title={text("key_kept")} />}
        {pkcs12 !== undefined && !kept && <Alert isInline variant="warning" title={text("p12_once")} />}
        {result.waitsForKey && <Alert isInline variant="info" title={text("stay")} />}
        {props.error ? <ProblemAlert error={props.error} /> : null}
        <div className="ers-actions">
          {result.waitsForKey && props.onLook && (
            <Button onClick={props.onLook} isLoading={props.busy} isDisabled={props.busy}>
              {text("look")}
            </Button>
          )}
          {pkcs12 !== undefined && (
            <Button
              onClick={() => {
                download(`${name}.p12`, bytesOf(pkcs12), "application/x-pkcs12");
                setKept(true);
              }}
            >
              {text("p12_made")}
            </Button>
          )}
          {keyPem !== undefined && (
            <Button
              variant="primary"
              onClick={() => {
                download(`${name}.key`, keyPem, PEM);
                setKept(true);
              }}
            >
              {text("key_file")}
            </Button>
          )}
          {issued && (
            <Button
              variant="secondary"
              onClick={() =>
                download(`${name}-fullchain.pem`, [issued.certificate_pem, ...issued.chain_pem].join(""), PEM)
              }
            >
              {text("whole_chain")}
            </Button>
          )}
          {issued && keyPem !== undefined && (
            <Button variant="secondary" onClick={() => setWithKey(true)}>
              {text("p12")}
            </Button>
          )}
        </div>
        <div className="ers-actions">
          {issued ? (
            <Link to={`/certificates/${issued.fingerprint}`}>{text("open")}</Link>
          ) : (
            <Link to="/requests">{menu("requests")}</Link>
          )}
          <Button variant="link" onClick={onAgain}>
            {text("another")}
          </Button>
        </div>
        {withKey && issued && (
          <Pkcs12
            name={name}
            certificatePem={issued.certificate_pem}
            chainPem={issued.chain_pem}
            keyPem={keyPem ?? ""}
            onClose={() => {
              setWithKey(false);
              setKept(true);
            }}
          />
        )}
      </CardBody>
    </Card>
  );
}

function useAsksBeforeLeaving(asks: boolean) {
  useEffect(() => {
    if (!asks) return;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener("beforeunload", ask);
    return () => window.removeEventListener("beforeunload", ask);
  }, [asks]);
}
