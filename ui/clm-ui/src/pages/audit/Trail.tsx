import { ProblemAlert, useFormats } from "@ers/frame";
import { Alert, Button, Card, CardBody } from "@patternfly/react-core";
import { useVerifyEvents } from "../../queries/audit.ts";
import { exportUrl } from "./span.ts";
import { useText } from "./words.ts";

/** The whole log as a file; the browser saves it while it comes. */
export function Exports({ span, realm }: { span: { from?: string; until?: string }; realm: string }) {
  const text = useText();
  return (
    <div className="ers-actions" title={text("export_hint")}>
      {(["csv", "ndjson"] as const).map((format) => (
        <Button
          key={format}
          variant="secondary"
          component="a"
          href={exportUrl(format, span, realm)}
          download={`audit.${format}`}
        >
          {text("export")} {text(format)}
        </Button>
      ))}
    </div>
  );
}

/** Whether the chain of events holds from its beginning. */
export function Verify() {
  const text = useText();
  const { number } = useFormats();
  const verify = useVerifyEvents();
  const found = verify.data;
  const told = (count: number) => (count === 1 ? 1 : number(count));
  return (
    <Card>
      <CardBody>
        <div className="ers-stack">
          {verify.error ? <ProblemAlert error={verify.error} /> : null}
          {found?.intact && (
            <Alert isInline isLiveRegion variant="success" title={text("intact", { n: told(found.events) })}>
              {found.unchained > 0 && <p>{text("unchained", { n: told(found.unchained) })}</p>}
              <span className="ers-mono">{found.head}</span>
            </Alert>
          )}
          {found && !found.intact && (
            <Alert
              isInline
              isLiveRegion
              variant="danger"
              title={text("broken", { n: found.broken_at ?? 0 })}
            />
          )}
          <div>
            <Button
              variant="secondary"
              isLoading={verify.isPending}
              isDisabled={verify.isPending}
              onClick={() => verify.mutate()}
            >
              {text("verify")}
            </Button>
          </div>
        </div>
      </CardBody>
    </Card>
  );
}
