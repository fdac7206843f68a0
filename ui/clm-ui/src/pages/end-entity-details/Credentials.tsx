import { ConfirmByName, Field, FormDialog, useNotices } from "@ers/frame";
import { Button, Card, CardBody, CardTitle, Label, TextInput } from "@patternfly/react-core";
import { useState } from "react";
import type { EndEntity } from "../../generated/clm-api.ts";
import { ShownOnce } from "../../parts/ShownOnce.tsx";
import { type Credential, useRemoveCredential, useSetCredential } from "../../queries/end-entities.ts";
import { useCommonText } from "../../words/common.ts";
import { useText } from "../end-entity-list/words.ts";

const WORDS = { password: "password", "shared-secret": "shared_secret" } as const;
const LEAST = 12;

/** What an end entity is known by. */
export function Credentials({ entity, manages }: { entity: EndEntity; manages: boolean }) {
  const text = useText();
  return (
    <Card>
      <CardTitle component="h2">{text("credentials")}</CardTitle>
      <CardBody>
        <ul className="ers-short-list">
          {(["password", "shared-secret"] as const).map((credential) => (
            <One key={credential} credential={credential} entity={entity} manages={manages} />
          ))}
        </ul>
      </CardBody>
    </Card>
  );
}

function One(props: { credential: Credential; entity: EndEntity; manages: boolean }) {
  const text = useText();
  const { credential, entity } = props;
  const [asked, setAsked] = useState<"set" | "take">();
  const [made, setMade] = useState<string>();
  const has = credential === "password" ? entity.has_password : entity.has_shared_secret;
  const what = text(WORDS[credential]);
  const close = () => setAsked(undefined);
  return (
    <li>
      <span>
        <strong>{what}</strong>{" "}
        <Label isCompact {...(has && { status: "success" as const })}>
          {text(has ? "has" : "has_not")}
        </Label>
        <div className="ers-quiet ers-small">{text(`${WORDS[credential]}_for`)}</div>
      </span>
      {props.manages && (
        <div className="ers-actions">
          <Button
            variant="secondary"
            size="sm"
            aria-label={`${text(has ? "rotate" : "set")} ${what}`}
            onClick={() => setAsked("set")}
          >
            {text(has ? "rotate" : "set")}
          </Button>
          {has && (
            <Button
              variant="secondary"
              size="sm"
              isDanger
              aria-label={`${text("take")}: ${what}`}
              onClick={() => setAsked("take")}
            >
              {text("take")}
            </Button>
          )}
        </div>
      )}
      {asked === "set" && <SetOne credential={credential} entity={entity} onMade={setMade} onClose={close} />}
      {asked === "take" && <TakeOne credential={credential} entity={entity} onClose={close} />}
      {made !== undefined && (
        <ShownOnce
          title={text("of", { what, name: entity.name })}
          secret={made}
          onClose={() => setMade(undefined)}
        />
      )}
    </li>
  );
}

type Act = { credential: Credential; entity: EndEntity; onClose: () => void };

function SetOne({ credential, entity, onMade, onClose }: Act & { onMade: (secret: string) => void }) {
  const text = useText();
  const common = useCommonText();
  const tell = useNotices();
  const set = useSetCredential(entity.realm, entity.name, credential);
  const [secret, setSecret] = useState("");
  const what = text(WORDS[credential]);
  const done = (made: { secret?: string | null }) => {
    tell(text("credential_set"));
    if (made.secret) onMade(made.secret);
    onClose();
  };
  return (
    <FormDialog
      title={text("of", { what, name: entity.name })}
      action={common("save")}
      ready={secret === "" || secret.length >= LEAST}
      busy={set.isPending}
      error={set.error}
      onSubmit={() => set.mutate(secret || undefined, { onSuccess: done })}
      onClose={onClose}
    >
      <Field id="credential" label={what} hint={text("credential_hint")}>
        <TextInput
          id="credential"
          type="password"
          autoComplete="new-password"
          value={secret}
          onChange={(_, value) => setSecret(value)}
        />
      </Field>
    </FormDialog>
  );
}

function TakeOne({ credential, entity, onClose }: Act) {
  const text = useText();
  const tell = useNotices();
  const take = useRemoveCredential(entity.realm, entity.name, credential);
  const { name } = entity;
  const done = () => {
    tell(text("credential_taken", { name }));
    onClose();
  };
  return (
    <ConfirmByName
      title={text("take_title", { what: text(WORDS[credential]), name })}
      name={name}
      action={text("take")}
      busy={take.isPending}
      error={take.error}
      onConfirm={() => take.mutate(undefined, { onSuccess: done })}
      onClose={onClose}
    >
      <p>{text("take_hint")}</p>
    </ConfirmByName>
  );
}
