import { Facts, Field, FormDialog, Labels, useNotices } from "@ers/frame";
import { Button, Card, CardBody, CardTitle, TextArea, TextInput } from "@patternfly/react-core";
import { useState } from "react";
import { Link } from "react-router";
import type { WholeCertificate } from "../../generated/clm-api.ts";
import { useChangeCertificate } from "../../queries/certificates.ts";
import { useAccess } from "../../queries/session.ts";
import { useCommonText } from "../../words/common.ts";
import { tagsIn } from "../certificate-list/search.ts";
import { linesOf } from "../end-entity-list/metadata.ts";
import { useText } from "./words.ts";

/** What people have written beside a certificate: whose it is, where it is used, its tags. */
export function Notes({ certificate }: { certificate: WholeCertificate }) {
  const text = useText();
  const common = useCommonText();
  const { mayUnderPolicy } = useAccess();
  const manages = mayUnderPolicy("certificate:manage", certificate.realm, certificate.policy);
  const [changing, setChanging] = useState(false);
  const { owner, tags, locations, comment } = certificate;
  const nothing = !owner && tags.length === 0 && locations.length === 0 && !comment;
  return (
    <Card>
      <CardTitle component="h2">{text("notes")}</CardTitle>
      <CardBody className="ers-stack">
        {nothing && <p className="ers-quiet">{text("notes_none")}</p>}
        <Facts
          wide
          rows={[
            [
              text("owner"),
              owner && (
                <Link to={`/certificates?${new URLSearchParams({ owner })}`} translate="no">
                  {owner}
                </Link>
              ),
            ],
            [text("tags"), tags.length > 0 && <Labels of={tags} most={20} />],
            [
              text("locations"),
              locations.length > 0 && (
                <span translate="no">
                  {locations.map((place) => (
                    <div key={place}>{place}</div>
                  ))}
                </span>
              ),
            ],
            [
              text("comment"),
              comment && (
                <p className="ers-written" translate="no">
                  {comment}
                </p>
              ),
            ],
          ]}
        />
        {manages && (
          <div>
            <Button variant="secondary" onClick={() => setChanging(true)}>
              {common("change")}
            </Button>
          </div>
        )}
      </CardBody>
      {changing && <Change certificate={certificate} onClose={() => setChanging(false)} />}
    </Card>
  );
}

function Change({ certificate, onClose }: { certificate: WholeCertificate; onClose: () => void }) {
  const text = useText();
  const common = useCommonText();
  const tell = useNotices();
  const change = useChangeCertificate(certificate.fingerprint);
  const [owner, setOwner] = useState(certificate.owner);
  const [tags, setTags] = useState(certificate.tags.join(", "));
  const [locations, setLocations] = useState(certificate.locations.join("\n"));
  const [comment, setComment] = useState(certificate.comment);
  const submit = () =>
    change.mutate(
      {
        owner: owner.trim(),
        tags: tagsIn(tags),
        locations: linesOf(locations),
        comment,
        version: certificate.version,
      },
      {
        onSuccess: () => {
          tell(text("notes_changed"));
          onClose();
        },
      },
    );
  return (
    <FormDialog
      title={text("notes")}
      action={common("save")}
      ready
      busy={change.isPending}
      error={change.error}
      onSubmit={submit}
      onClose={onClose}
    >
      <Field id="note-owner" label={text("owner")} hint={text("owner_hint")}>
        <TextInput id="note-owner" value={owner} maxLength={255} onChange={(_, value) => setOwner(value)} />
      </Field>
      <Field id="note-tags" label={text("tags")} hint={text("tags_hint")}>
        <TextInput id="note-tags" value={tags} onChange={(_, value) => setTags(value)} />
      </Field>
      <Field id="note-locations" label={text("locations")} hint={text("locations_hint")}>
        <TextArea
          id="note-locations"
          value={locations}
          autoResize
          spellCheck={false}
          onChange={(_, value) => setLocations(value)}
        />
      </Field>
      <Field id="note-comment" label={text("comment")}>
        <TextArea
          id="note-comment"
          value={comment}
          maxLength={4000}
          autoResize
          onChange={(_, value) => setComment(value)}
        />
      </Field>
    </FormDialog>
  );
}
