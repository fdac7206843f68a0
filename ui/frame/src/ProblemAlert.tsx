import { Alert, Button } from "@patternfly/react-core";
import { Problem } from "./problem.ts";
import { useWords } from "./words.ts";

/** What went wrong, in the service's words when it gave some. */
export function ProblemAlert(props: { error: unknown; title?: string; onAgain?: () => void }) {
  const words = useWords();
  const problem = props.error instanceof Problem ? props.error : undefined;
  const lost = problem?.status === 0;
  // not done, and nothing went wrong: another person decides
  const waits = problem?.status === 202;
  const detail = lost ? words("unreachable_hint") : problem?.detail || words("whole");
  return (
    <Alert
      isInline
      variant={waits ? "info" : "danger"}
      title={lost ? words("unreachable") : waits ? words("waits") : (props.title ?? words("failed"))}
      actionLinks={
        props.onAgain && (
          <Button variant="link" isInline onClick={props.onAgain}>
            {words("again")}
          </Button>
        )
      }
    >
      {detail} {problem?.retryAfter ? words("wait", { n: problem.retryAfter }) : null}
    </Alert>
  );
}
