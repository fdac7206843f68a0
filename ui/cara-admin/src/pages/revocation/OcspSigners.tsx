import { messages, ProblemAlert, Time } from "@ers/frame";
import { Label, Skeleton } from "@patternfly/react-core";
import { Link } from "react-router";
import { useCertificates } from "../../queries/certificates.ts";

const useText = messages(
  {
    none: "No valid OCSP signer; CARA makes one by itself.",
    state: "OCSP signer",
    signs: "signs",
    until: "Valid until",
  },
  {
    none: "Kein gültiger OCSP-Signierer; CARA macht von selbst einen.",
    state: "OCSP-Signierer",
    signs: "signiert",
    until: "Gültig bis",
  },
);

/** The profile of certificates that sign OCSP answers for a CA. */
const PROFILE = "ocsp-signer";

/** Who answers OCSP for a CA: its newest signer, and for how long. */
export function OcspSigners({ authority }: { authority: string }) {
  const text = useText();
  const query = useCertificates({ issuer: authority, profile: PROFILE, state: "valid", page_size: 5 });
  if (query.isError) return <ProblemAlert error={query.error} onAgain={() => query.refetch()} />;
  if (query.isPending) return <Skeleton height="1.5rem" />;
  const newest = query.data.certificates.find(({ not_after }) => new Date(not_after).getTime() > Date.now());
  if (!newest) return <p className="ers-late">{text("none")}</p>;
  return (
    <div className="ers-actions">
      {text("state")}:{" "}
      <Link to={`/certificates/${newest.issuer}/${newest.serial}`} translate="no" className="ers-break">
        {newest.subject}
      </Link>
      <Label isCompact status="success">
        {text("signs")}
      </Label>
      <span>
        {text("until")} <Time at={newest.not_after} />
      </span>
    </div>
  );
}
