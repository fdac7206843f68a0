import { ProblemAlert } from "@ers/frame";
import { Alert, Card, CardBody, CardTitle, Label, Skeleton } from "@patternfly/react-core";
import { lazy, Suspense, useEffect, useState } from "react";
import { type Definition, useRehearsal } from "../../queries/profiles.ts";
import { useMay, useSeesAll } from "../../queries/session.ts";
import { useText } from "./words.ts";

// Reading certificates needs a large library: only who looks inside loads it.
const Decoded = lazy(() => import("@ers/frame/certificate/Decoded.tsx"));
const TYPING_MS = 500;
const LOOKS = { notice: "info", warning: "warning", error: "danger" } as const;

/** A certificate as the definition makes it, decoded and linted; it follows the typing after a pause. */
export function Example({ definition }: { definition: Definition | undefined }) {
  const text = useText();
  const may = useMay();
  const seesAll = useSeesAll();
  const [later, setLater] = useState(definition);
  useEffect(() => {
    if (!definition) return;
    const timer = setTimeout(() => setLater(definition), TYPING_MS);
    return () => clearTimeout(timer);
  }, [definition]);
  const allowed = may("manage-profiles") && seesAll;
  const query = useRehearsal(later, allowed);
  if (!allowed) return null;
  const made = query.data;
  return (
    <section className="ers-stack" aria-label={text("example")}>
      <Card isCompact>
        <CardTitle component="h2">{text("example")}</CardTitle>
        <CardBody className="ers-stack">
          {query.isError && <ProblemAlert error={query.error} title={text("no_example")} />}
          {query.isPending && <Skeleton height="4rem" />}
          {made && made.findings.length === 0 && !query.isError && (
            <Alert isInline isPlain variant="success" title={text("good")} />
          )}
          {(made?.findings ?? []).map((finding) => (
            <Alert
              key={`${finding.rule} ${finding.detail}`}
              isInline
              variant={LOOKS[finding.severity as keyof typeof LOOKS] ?? "info"}
              title={
                <>
                  <span translate="no">{finding.rule}</span>{" "}
                  {finding.blocks && <Label isCompact>{text("blocks")}</Label>}
                </>
              }
            >
              <span translate="no">
                {finding.detail} ({finding.citation})
              </span>
            </Alert>
          ))}
        </CardBody>
      </Card>
      {made && !query.isError && (
        <Suspense fallback={<Skeleton height="10rem" />}>
          <Decoded pem={made.certificate_pem} />
        </Suspense>
      )}
    </section>
  );
}
