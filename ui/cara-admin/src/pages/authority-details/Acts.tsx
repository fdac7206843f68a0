import { download } from "@ers/frame";
import { Button, Divider, Dropdown, DropdownItem, DropdownList, MenuToggle } from "@patternfly/react-core";
import { useState } from "react";
import type { Authority } from "../../generated/cara-ws.ts";
import { useMay } from "../../queries/session.ts";
import { useTerms } from "../../words/terms.ts";
import { CarryIn } from "./CarryIn.tsx";
import { ChangeState, type NextState } from "./ChangeState.tsx";
import { CrossSign } from "./CrossSign.tsx";
import { Renew } from "./Renew.tsx";
import { RollOver } from "./RollOver.tsx";
import { useText } from "./words.ts";

const PEM = "application/x-pem-file";

/** What can be done with a CA in the state that it is in. */
export function Acts({ authority }: { authority: Authority }) {
  const text = useText();
  const term = useTerms();
  const may = useMay();
  const [open, setOpen] = useState(false);
  const [act, setAct] = useState<string>();
  const { name, state, certificate_pem: own, chain_pem: above, request_pem: request } = authority;
  const alive = state === "active" || state === "suspended";
  const manages = may("manage-authorities");
  const close = () => setAct(undefined);
  const save = (form: unknown) => {
    if (form === "pem") download(`${name}.pem`, own, PEM);
    if (form === "chain") download(`${name}-chain.pem`, [own, ...above].join(""), PEM);
    if (form === "request" && request) download(`${name}.csr`, request, "application/pkcs10");
  };
  const choose = (_: unknown, value: unknown) => {
    setOpen(false);
    save(value);
    if (!["pem", "chain", "request"].includes(String(value))) setAct(String(value));
  };
  const foreign = request || state === "awaiting-certificate";
  return (
    <div className="ers-actions">
      {request && (
        <Button variant="secondary" onClick={() => save("request")}>
          {text("request")}
        </Button>
      )}
      {manages && foreign && <Button onClick={() => setAct("carry-in")}>{text("carry_in")}</Button>}
      <Dropdown
        isOpen={open}
        onOpenChange={setOpen}
        onSelect={choose}
        popperProps={{ position: "right" }}
        toggle={(ref) => (
          <MenuToggle ref={ref} onClick={() => setOpen(!open)} isExpanded={open}>
            {term("actions")}
          </MenuToggle>
        )}
      >
        <DropdownList>
          {own && <DropdownItem value="pem">{text("der_pem")}</DropdownItem>}
          {own && <DropdownItem value="chain">{text("chain")}</DropdownItem>}
          {manages && alive && (
            <>
              <Divider component="li" />
              <DropdownItem value="renew">{text("renew")}</DropdownItem>
              <DropdownItem value="roll-over">{text("roll_over")}</DropdownItem>
              <DropdownItem value="cross-sign">{text("cross_sign")}</DropdownItem>
              {!foreign && <DropdownItem value="carry-in">{text("carry_in")}</DropdownItem>}
              <Divider component="li" />
              {state === "active" ? (
                <DropdownItem value="suspended">{text("suspend")}</DropdownItem>
              ) : (
                <DropdownItem value="active">{text("resume")}</DropdownItem>
              )}
              <DropdownItem value="retired">{text("retire")}</DropdownItem>
            </>
          )}
          {manages && (alive || state === "retired") && (
            <DropdownItem value="revoked" isDanger>
              {text("revoke")}
            </DropdownItem>
          )}
        </DropdownList>
      </Dropdown>
      {act === "renew" && <Renew authority={authority} onClose={close} />}
      {act === "roll-over" && <RollOver authority={authority} onClose={close} />}
      {act === "carry-in" && <CarryIn authority={authority} onClose={close} />}
      {act === "cross-sign" && <CrossSign authority={authority} onClose={close} />}
      {act && ["active", "suspended", "retired", "revoked"].includes(act) && (
        <ChangeState authority={authority} next={act as NextState} onClose={close} />
      )}
    </div>
  );
}
