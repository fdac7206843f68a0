import { Field, messages, PageHead, Problem, ProblemAlert, useNotices } from "@ers/frame";
import {
  Button,
  Card,
  CardBody,
  Form,
  FormSelect,
  FormSelectOption,
  PageSection,
  Radio,
  TextInput,
} from "@patternfly/react-core";
import { type FormEvent, useState } from "react";
import { useNavigate } from "react-router";
import { KEY_ALGORITHMS } from "../../parts/key-algorithms.ts";
import { useAuthorities, useCreate } from "../../queries/authorities.ts";
import { useTokens } from "../../queries/operation.ts";
import { useSeesAll } from "../../queries/session.ts";
import { useMenuText } from "../../words/menu.ts";
import { useTerms } from "../../words/terms.ts";

const useText = messages(
  {
    create: "Create the CA",
    created: "{name} is made.",
    external: "A foreign CA",
    external_hint: "It gets a key and a request, which you carry there.",
    itself: "Itself: a root",
    key_algorithm: "Key algorithm",
    length: "Path length",
    length_hint: "How many CAs may stand below it. Empty: any number.",
    name_hint: "1 to 64 of a-z 0-9 -; it never changes.",
    ours: "A CA of ours",
    signer: "Who signs it",
    subject_hint: "RFC 4514, e.g. CN=Issuing CA 2,O=Example AG,C=DE",
    the_default: "the default",
    validity: "Valid for",
    validity_hint: "E.g. 10y, 18mo.",
    which: "Signed by",
  },
  {
    create: "CA anlegen",
    created: "{name} ist angelegt.",
    external: "Eine fremde CA",
    external_hint: "Sie bekommt einen Schlüssel und einen Antrag, den Sie dorthin bringen.",
    itself: "Sie selbst: eine Wurzel",
    key_algorithm: "Schlüsselverfahren",
    length: "Pfadlänge",
    length_hint: "Wie viele CAs darunter stehen dürfen. Leer: beliebig viele.",
    name_hint: "1 bis 64 aus a-z 0-9 -; er bleibt für immer.",
    ours: "Eine unserer CAs",
    signer: "Wer sie signiert",
    subject_hint: "RFC 4514, z. B. CN=Issuing CA 2,O=Beispiel AG,C=DE",
    the_default: "das übliche",
    validity: "Gültig für",
    validity_hint: "Z. B. 10y, 18mo.",
    which: "Signiert von",
  },
);

type Signer = "ours" | "itself" | "external";

/** Makes a CA: below one of ours, a root, or one that a foreign CA signs. */
export default function NewAuthority() {
  const text = useText();
  const menu = useMenuText();
  const term = useTerms();
  const tell = useNotices();
  const go = useNavigate();
  const create = useCreate();
  const signers = (useAuthorities().data ?? []).filter(({ state }) => state === "active");
  const [signer, setSigner] = useState<Signer>("ours");
  const [draft, setDraft] = useState({
    name: "",
    subject: "",
    issuer: "",
    key_algorithm: "P-384",
    validity: "10y",
    length: "",
    token: "",
  });
  const set = (key: keyof typeof draft) => (_: unknown, value: string) =>
    setDraft((before) => ({ ...before, [key]: value }));
  const issuer = draft.issuer || signers[0]?.name;
  const field = create.error instanceof Problem ? create.error.field : undefined;
  const wrong = (key: string) => (field === key ? create.error?.message : undefined);
  const known = ["name", "subject", "key_algorithm", "validity"].includes(field ?? "");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const wish = {
      name: draft.name,
      subject: draft.subject,
      key_algorithm: draft.key_algorithm,
      validity: draft.validity,
      ...(draft.length ? { path_length: Number(draft.length) } : {}),
      ...(signer === "ours" ? { issuer } : {}),
      external: signer === "external",
      ...(draft.token ? { token: draft.token } : {}),
    };
    create.mutate(wish, {
      onSuccess: () => {
        tell(text("created", { name: draft.name }));
        go(`/authorities/${draft.name}`);
      },
    });
  };
  return (
    <>
      <PageHead title={menu("new_authority")} />
      <PageSection>
        <Card className="ers-narrow">
          <CardBody>
            <Form onSubmit={submit}>
              {create.error && !known ? <ProblemAlert error={create.error} /> : null}
              <fieldset>
                <legend className="ers-legend">{text("signer")}</legend>
                {(["ours", "itself", "external"] as const).map((one) => (
                  <Radio
                    key={one}
                    id={one}
                    name="signer"
                    label={text(one)}
                    description={one === "external" ? text("external_hint") : undefined}
                    isChecked={signer === one}
                    onChange={() => setSigner(one)}
                  />
                ))}
              </fieldset>
              {signer === "ours" && (
                <Field id="issuer" label={text("which")}>
                  <FormSelect id="issuer" value={issuer ?? ""} onChange={set("issuer")}>
                    {signers.map(({ name }) => (
                      <FormSelectOption key={name} value={name} label={name} />
                    ))}
                  </FormSelect>
                </Field>
              )}
              <Field id="name" label={term("name")} hint={text("name_hint")} wrong={wrong("name")} required>
                <TextInput id="name" value={draft.name} onChange={set("name")} />
              </Field>
              <Field
                id="subject"
                label={term("subject")}
                hint={text("subject_hint")}
                wrong={wrong("subject")}
                required
              >
                <TextInput id="subject" value={draft.subject} onChange={set("subject")} />
              </Field>
              <Field id="algorithm" label={text("key_algorithm")} wrong={wrong("key_algorithm")}>
                <FormSelect id="algorithm" value={draft.key_algorithm} onChange={set("key_algorithm")}>
                  {KEY_ALGORITHMS.map((name) => (
                    <FormSelectOption key={name} value={name} label={name} />
                  ))}
                </FormSelect>
              </Field>
              <TokenField value={draft.token} onChange={set("token")} />
              <Field
                id="validity"
                label={text("validity")}
                hint={text("validity_hint")}
                wrong={wrong("validity")}
                required
              >
                <TextInput id="validity" value={draft.validity} onChange={set("validity")} />
              </Field>
              <Field id="length" label={text("length")} hint={text("length_hint")}>
                <TextInput id="length" type="number" min={0} value={draft.length} onChange={set("length")} />
              </Field>
              <div>
                <Button
                  type="submit"
                  isLoading={create.isPending}
                  isDisabled={create.isPending || !draft.name || !draft.subject || !draft.validity}
                >
                  {text("create")}
                </Button>
              </div>
            </Form>
          </CardBody>
        </Card>
      </PageSection>
    </>
  );
}

/** Where its key is made, when there is a choice. */
function TokenField(props: { value: string; onChange: (event: unknown, value: string) => void }) {
  const text = useText();
  const term = useTerms();
  const tokens = useTokens(useSeesAll()).data ?? [];
  if (tokens.length < 2) return null;
  return (
    <Field id="token" label={term("token")}>
      <FormSelect id="token" value={props.value} onChange={props.onChange}>
        <FormSelectOption value="" label={text("the_default")} />
        {tokens.map(({ name }) => (
          <FormSelectOption key={name} value={name} label={name} />
        ))}
      </FormSelect>
    </Field>
  );
}
