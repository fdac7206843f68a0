import { download } from "@ers/frame";
import { fileNameOf } from "@ers/frame/certificate/names.ts";
import { Dropdown, DropdownItem, DropdownList, MenuToggle } from "@patternfly/react-core";
import { useState } from "react";
import { derOf } from "../../crypto/keys.ts";
import type { WholeCertificate } from "../../generated/clm-api.ts";
import { Pkcs12 } from "./Pkcs12.tsx";
import { useText } from "./words.ts";

const PEM = "application/x-pem-file";

/** The certificate in every form that servers and devices want. */
export function Downloads({ certificate, title }: { certificate: WholeCertificate; title: string }) {
  const text = useText();
  const [open, setOpen] = useState(false);
  const [withKey, setWithKey] = useState(false);
  const name = fileNameOf(title);
  const { certificate_pem: leaf, chain_pem: above } = certificate;
  const save = async (form: unknown) => {
    setOpen(false);
    if (form === "pem") download(`${name}.pem`, leaf, PEM);
    // servers want the chain without its root
    if (form === "fullchain") download(`${name}-fullchain.pem`, [leaf, ...above.slice(0, -1)].join(""), PEM);
    if (form === "der") download(`${name}.cer`, derOf("CERTIFICATE", leaf), "application/pkix-cert");
    if (form === "pkcs7") {
      const { makePkcs7 } = await import("../../crypto/bundle.ts");
      download(`${name}.p7b`, makePkcs7([leaf, ...above]), "application/x-pkcs7-certificates");
    }
    if (form === "p12") setWithKey(true);
  };
  return (
    <>
      <Dropdown
        isOpen={open}
        onOpenChange={setOpen}
        onSelect={(_, form) => save(form)}
        popperProps={{ position: "right" }}
        toggle={(ref) => (
          <MenuToggle ref={ref} onClick={() => setOpen(!open)} isExpanded={open}>
            {text("download")}
          </MenuToggle>
        )}
      >
        <DropdownList>
          {(["pem", "fullchain", "der", "pkcs7", "p12"] as const).map((form) => (
            <DropdownItem key={form} value={form}>
              {text(form)}
            </DropdownItem>
          ))}
        </DropdownList>
      </Dropdown>
      {withKey && (
        <Pkcs12 name={name} certificatePem={leaf} chainPem={above} onClose={() => setWithKey(false)} />
      )}
    </>
  );
}
