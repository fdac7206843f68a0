import { Facts, Time, useFormats } from "@ers/frame";
import { Card, CardBody } from "@patternfly/react-core";
import { Link } from "react-router";
import type { Authority } from "../../generated/cara-ws.ts";
import { useTerms } from "../../words/terms.ts";
import { LifeBar } from "../authority-tree/LifeBar.tsx";
import { useText } from "./words.ts";

/** What most want to know of a CA. */
export function Overview({ authority }: { authority: Authority }) {
  const text = useText();
  const term = useTerms();
  const { number } = useFormats();
  const { issuer, name } = authority;
  const signer =
    issuer && issuer !== name ? (
      <Link to={`/authorities/${issuer}`}>{issuer}</Link>
    ) : authority.state === "awaiting-certificate" ? (
      "–"
    ) : (
      text("is_root")
    );
  return (
    <Card>
      <CardBody className="ers-stack">
        {authority.not_after && <LifeBar from={authority.not_before} to={authority.not_after} />}
        <Facts
          rows={[
            [text("signed_by"), signer],
            [
              term("key"),
              <span key="k" translate="no">
                {authority.key_algorithm}
              </span>,
            ],
            [
              term("signature"),
              <span key="s" translate="no">
                {authority.signature_algorithm}
              </span>,
            ],
            [
              text("serving"),
              `${term("generation")} ${authority.generation} / ${authority.generations.length}`,
            ],
            [term("valid_from"), authority.not_before && <Time at={authority.not_before} />],
            [term("valid_to"), authority.not_after && <Time at={authority.not_after} />],
            ["CRL", authority.crl_number > 0 && `#${authority.crl_number}`],
            [term("next_update"), authority.crl_next_update && <Time at={authority.crl_next_update} />],
            [
              text("certificates"),
              typeof authority.certificates === "number" && (
                <Link to={`/certificates?issuer=${name}`}>{number(authority.certificates)}</Link>
              ),
            ],
            [
              text("revoked"),
              typeof authority.revoked === "number" && (
                <Link to={`/certificates?issuer=${name}&state=revoked`}>{number(authority.revoked)}</Link>
              ),
            ],
          ]}
        />
      </CardBody>
    </Card>
  );
}
