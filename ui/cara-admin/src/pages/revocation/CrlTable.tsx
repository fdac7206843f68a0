import { messages, ProblemAlert, Rows, Time, useFormats, useNotices } from "@ers/frame";
import { Button, Card, CardBody, CardTitle, Label, Skeleton } from "@patternfly/react-core";
import type { Crl } from "../../generated/cara-ws.ts";
import { useCrls, usePublish } from "../../queries/authorities.ts";
import { useMay } from "../../queries/session.ts";
import { useTerms } from "../../words/terms.ts";

const useText = messages(
  {
    complete: "complete",
    delta: "delta to {n}",
    entries: "Entries",
    late: "overdue",
    made: "Made",
    none: "No CRL yet.",
    number: "Number",
    partition: "part {n}",
    publish: "Make the CRLs anew",
    published: "The CRLs of {name} were made anew.",
  },
  {
    complete: "vollständig",
    delta: "Delta zu {n}",
    entries: "Einträge",
    late: "überfällig",
    made: "Erstellt",
    none: "Noch keine CRL.",
    number: "Nummer",
    partition: "Teil {n}",
    publish: "CRLs neu erstellen",
    published: "Die CRLs von {name} sind neu erstellt.",
  },
);

/** The newest CRLs of a CA. */
export function CrlTable({ name, title }: { name: string; title?: string }) {
  const text = useText();
  const may = useMay();
  const tell = useNotices();
  const crls = useCrls(name);
  const publish = usePublish();
  return (
    <Card>
      {title && <CardTitle component="h2">{title}</CardTitle>}
      <CardBody className="ers-stack">
        {crls.isError && <ProblemAlert error={crls.error} onAgain={() => crls.refetch()} />}
        {publish.error ? <ProblemAlert error={publish.error} /> : null}
        {crls.isPending && <Skeleton height="4rem" />}
        {crls.data && crls.data.length === 0 && <p className="ers-quiet">{text("none")}</p>}
        {crls.data && crls.data.length > 0 && <Crls label={`CRLs ${name}`} crls={crls.data} />}
        {may("publish-crls") && (
          <div>
            <Button
              variant="secondary"
              isLoading={publish.isPending}
              isDisabled={publish.isPending}
              onClick={() => publish.mutate(name, { onSuccess: () => tell(text("published", { name })) })}
            >
              {text("publish")}
            </Button>
          </div>
        )}
      </CardBody>
    </Card>
  );
}

function Crls({ label, crls }: { label: string; crls: Crl[] }) {
  const text = useText();
  const term = useTerms();
  const { number } = useFormats();
  const kind = (crl: Crl) => {
    const whole = crl.base_number ? text("delta", { n: crl.base_number }) : text("complete");
    return crl.partition > 0 ? `${whole}, ${text("partition", { n: crl.partition })}` : whole;
  };
  return (
    <Rows
      label={label}
      rows={crls}
      keyOf={(crl) => crl.name}
      columns={[
        {
          title: term("name"),
          width: 30,
          breaks: true,
          cell: (crl) => (
            <>
              <span translate="no">{crl.name}</span> <span className="ers-quiet ers-small">{kind(crl)}</span>
            </>
          ),
        },
        { title: text("number"), cell: (crl) => crl.number },
        { title: text("entries"), cell: (crl) => number(crl.entries) },
        { title: text("made"), cell: (crl) => <Time at={crl.this_update} /> },
        {
          title: term("next_update"),
          cell: ({ next_update: at }) => (
            <>
              <Time at={at} />{" "}
              {new Date(at).getTime() < Date.now() && (
                <Label isCompact status="danger">
                  {text("late")}
                </Label>
              )}
            </>
          ),
        },
      ]}
    />
  );
}
