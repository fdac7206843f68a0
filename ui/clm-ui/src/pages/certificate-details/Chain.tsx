import { download, Time } from "@ers/frame";
import { algorithmOf, nameText, readCertificate } from "@ers/frame/certificate/decode.ts";
import { fileNameOf, titleOf } from "@ers/frame/certificate/names.ts";
import { Button, Label } from "@patternfly/react-core";
import DownloadIcon from "@patternfly/react-icons/dist/esm/icons/download-icon";
import type { WholeCertificate } from "../../generated/clm-api.ts";
import { useText } from "./words.ts";

/** The chain as a picture: the root above, this certificate at the end. */
export default function Chain({ certificate }: { certificate: WholeCertificate }) {
  const text = useText();
  const pems = [...certificate.chain_pem].reverse().concat(certificate.certificate_pem);
  return (
    <>
      <p className="ers-quiet">{text(certificate.chain_pem.length > 0 ? "chain_hint" : "chain_none")}</p>
      <ol className="ers-chain">
        {pems.map((pem, index) => (
          <Link
            key={pem}
            pem={pem}
            isRoot={index === 0 && pems.length > 1}
            isLast={index === pems.length - 1}
          />
        ))}
      </ol>
    </>
  );
}

function Link({ pem, isRoot, isLast }: { pem: string; isRoot: boolean; isLast: boolean }) {
  const text = useText();
  const certificate = readCertificate(pem);
  const subject = nameText(certificate.subjectName);
  const title = titleOf(subject, []);
  return (
    <li className={isLast ? "ers-chain-last" : undefined}>
      <div className="ers-chain-box">
        <div className="ers-grow">
          <strong className="ers-break">{title}</strong> {isRoot && <Label isCompact>{text("root")}</Label>}
          {isLast && (
            <Label isCompact color="blue">
              {text("this_one")}
            </Label>
          )}
          <div className="ers-quiet ers-small ers-break">{subject}</div>
          <div className="ers-small">
            {algorithmOf(certificate.publicKey)} · <Time at={certificate.notAfter.toISOString()} />
          </div>
        </div>
        <Button
          variant="plain"
          aria-label={`${text("download")}: ${title}`}
          icon={<DownloadIcon />}
          onClick={() => download(`${fileNameOf(title)}.pem`, pem, "application/x-pem-file")}
        />
      </div>
    </li>
  );
}
