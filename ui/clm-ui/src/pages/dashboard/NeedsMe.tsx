import { ProblemAlert, Time } from "@ers/frame";
import { titleOf } from "@ers/frame/certificate/names.ts";
import { Card, CardBody, CardFooter, CardTitle, Skeleton } from "@patternfly/react-core";
import type { ReactNode } from "react";
import { Link } from "react-router";
import { useCertificates } from "../../queries/certificates.ts";
import { useRequests } from "../../queries/requests.ts";
import { useText } from "./words.ts";

const MOST = 5;
/** The newest requests that wait for a person. */
export function Waiting() {
  const text = useText();
  const requests = useRequests({ state: "pending-approval", page_size: MOST });
  const rows = requests.data?.requests ?? [];
  return (
    <Block
      title={text("waiting_list")}
      query={requests}
      nothing={text("nothing_waiting")}
      more={<Link to="/approvals">{text("all_waiting")}</Link>}
    >
      {rows.map((request) => (
        <li key={request.id}>
          <Link to="/approvals">{titleOf(request.subject, request.subject_alternative_names)}</Link>
          <span className="ers-quiet">
            {text("by", { requester: request.requester, policy: request.policy })}
          </span>
        </li>
      ))}
    </Block>
  );
}

/** Certificates that expire within 30 days. */
export function ExpiringSoon({ realm }: { realm: string }) {
  const text = useText();
  const filter = { realm: realm || undefined, expires_within: "30d", order: "expiry", page_size: MOST };
  const certificates = useCertificates(filter);
  const rows = certificates.data?.certificates ?? [];
  return (
    <Block
      title={text("soon_list")}
      query={certificates}
      nothing={text("nothing_soon")}
      more={<Link to="/certificates?within=30d">{text("all_soon")}</Link>}
    >
      {rows.map((certificate) => (
        <li key={certificate.fingerprint}>
          <Link to={`/certificates/${certificate.fingerprint}`}>
            {titleOf(certificate.subject, certificate.subject_alternative_names)}
          </Link>
          <Time at={certificate.not_after} />
        </li>
      ))}
    </Block>
  );
}

function Block(props: {
  title: string;
  query: { isPending: boolean; isError: boolean; error: unknown; refetch: () => unknown };
  nothing: string;
  more: ReactNode;
  children: ReactNode[];
}) {
  const { query } = props;
  const content = () => {
    if (query.isPending) return <Skeleton height="6rem" />;
    if (query.isError) return <ProblemAlert error={query.error} onAgain={() => query.refetch()} />;
    if (props.children.length === 0) return <p className="ers-quiet">{props.nothing}</p>;
    return <ul className="ers-short-list">{props.children}</ul>;
  };
  return (
    <Card isFullHeight>
      <CardTitle component="h2">{props.title}</CardTitle>
      <CardBody>{content()}</CardBody>
      {props.children.length > 0 ? <CardFooter>{props.more}</CardFooter> : null}
    </Card>
  );
}
