import { Crumb, carryOut, Facts, List, PageHead, ProblemAlert, Time, useNotices } from "@ers/frame";
import { Button, Card, CardBody, PageSection, Skeleton } from "@patternfly/react-core";
import { Link, useParams } from "react-router";
import type { WholeBulkAct } from "../../generated/clm-api.ts";
import { useBulkAct, useCancelBulkAct } from "../../queries/bulk-acts.ts";
import { useMenuText } from "../../words/menu.ts";
import { Standing, State, useKind } from "./Standing.tsx";
import { useText } from "./words.ts";

/** One act on many certificates: how far it has come, and what could not be done. */
export default function BulkActDetails() {
  const { id = "" } = useParams();
  const text = useText();
  const menu = useMenuText();
  const kind = useKind();
  const query = useBulkAct(id);
  const act = query.data;
  return (
    <>
      <PageHead
        title={`${text("number", { id })}${act ? `: ${kind(act.kind)}` : ""}`}
        above={<Crumb to="/bulk-acts" label={menu("bulk_acts")} />}
        mark={act && <State act={act} />}
        actions={act?.state === "running" && <Cancel id={id} />}
      />
      <PageSection>
        {query.isError && <ProblemAlert error={query.error} onAgain={() => query.refetch()} />}
        {query.isPending && <Skeleton height="12rem" />}
        {act && (
          <div className="ers-stack">
            <Known act={act} />
            <List
              label={text("failures")}
              query={query}
              rows={act.failures}
              keyOf={(failure) => failure.certificate}
              heading={text("failures")}
              empty={{ title: text("none_failed") }}
              columns={[
                {
                  title: text("certificate"),
                  width: 40,
                  breaks: true,
                  cell: ({ certificate }) => (
                    <Link to={`/certificates/${certificate}`} className="ers-mono">
                      {certificate.slice(0, 32)}
                    </Link>
                  ),
                },
                {
                  title: text("reason"),
                  breaks: true,
                  cell: ({ reason }) => <span translate="no">{reason}</span>,
                },
              ]}
            />
          </div>
        )}
      </PageSection>
    </>
  );
}

function Known({ act }: { act: WholeBulkAct }) {
  const text = useText();
  return (
    <Card>
      <CardBody className="ers-stack">
        <div aria-live="polite">
          <Standing act={act} />
        </div>
        <Facts
          rows={[
            [
              text("by"),
              <span key="b" translate="no">
                {act.created_by}
              </span>,
            ],
            [text("begun"), <Time key="c" at={act.created_at} />],
            [text("finished"), act.finished_at && <Time at={act.finished_at} />],
          ]}
        />
      </CardBody>
    </Card>
  );
}

function Cancel({ id }: { id: string }) {
  const text = useText();
  const tell = useNotices();
  const cancel = useCancelBulkAct(id);
  return (
    <>
      <Button
        variant="secondary"
        isDanger
        title={text("cancel_hint")}
        isLoading={cancel.isPending}
        onClick={() => carryOut(cancel, undefined, () => tell(text("stopped")))}
      >
        {text("cancel")}
      </Button>
      {cancel.error ? <ProblemAlert error={cancel.error} /> : null}
    </>
  );
}
