import { CopyButton, messages, PageHead, ProblemAlert } from "@ers/frame";
import {
  Breadcrumb,
  BreadcrumbItem,
  Card,
  CardBody,
  CardTitle,
  CodeBlock,
  CodeBlockAction,
  CodeBlockCode,
  EmptyState,
  PageSection,
  Skeleton,
  Title,
} from "@patternfly/react-core";
import { lazy, Suspense } from "react";
import { Link, useParams } from "react-router";
import { useCertificates } from "../../queries/certificates.ts";
import { useProfiles } from "../../queries/operation.ts";
import { useMay, useSeesAll } from "../../queries/session.ts";
import { useMenuText } from "../../words/menu.ts";

// Reading certificates needs a large library: only who looks inside loads it.
const Decoded = lazy(() => import("@ers/frame/certificate/Decoded.tsx"));

const useText = messages(
  {
    definition: "Definition",
    example: "An example: the newest certificate under it",
    no_example: "No certificate was issued under it yet.",
    none: "There is no profile of this name.",
  },
  {
    definition: "Definition",
    example: "Ein Beispiel: das neueste Zertifikat danach",
    no_example: "Danach wurde noch kein Zertifikat ausgestellt.",
    none: "Es gibt kein Profil dieses Namens.",
  },
);

/** One profile. */
export default function Profile() {
  const { name = "" } = useParams();
  const text = useText();
  const menu = useMenuText();
  const query = useProfiles();
  const profile = query.data?.find((one) => one.name === name);
  const json = profile ? JSON.stringify(profile.definition, undefined, 2) : "";
  const above = (
    <Breadcrumb className="ers-breadcrumb">
      <BreadcrumbItem
        render={({ className }) => (
          <Link className={className} to="/profiles">
            {menu("profiles")}
          </Link>
        )}
      />
    </Breadcrumb>
  );
  return (
    <>
      <PageHead
        title={name}
        above={above}
        hint={profile && <span translate="no">{profile.description}</span>}
      />
      <PageSection isFilled>
        {query.isError && <ProblemAlert error={query.error} onAgain={() => query.refetch()} />}
        {query.isPending && <Skeleton height="20rem" />}
        {query.data && !profile && <EmptyState titleText={text("none")} headingLevel="h2" />}
        {profile && (
          <div className="ers-stack">
            <Card>
              <CardTitle component="h2">{text("definition")}</CardTitle>
              <CardBody>
                <CodeBlock
                  actions={
                    <CodeBlockAction>
                      <CopyButton text={json} />
                    </CodeBlockAction>
                  }
                >
                  <CodeBlockCode>{json}</CodeBlockCode>
                </CodeBlock>
              </CardBody>
            </Card>
            <Example profile={name} />
          </div>
        )}
      </PageSection>
    </>
  );
}

/** What such certificates look like, by one that was issued. */
function Example({ profile }: { profile: string }) {
  const text = useText();
  const may = useMay();
  const seesAll = useSeesAll();
  const sees = may("read-certificates") && seesAll;
  const query = useCertificates({ profile, page_size: 1 }, sees);
  const newest = query.data?.certificates[0];
  if (!sees) return null;
  return (
    <section className="ers-stack" aria-label={text("example")}>
      <Title headingLevel="h2">{text("example")}</Title>
      {query.isError && <ProblemAlert error={query.error} onAgain={() => query.refetch()} />}
      {query.isPending && <Skeleton height="10rem" />}
      {query.data && !newest && <p className="ers-quiet">{text("no_example")}</p>}
      {newest && (
        <>
          <Link to={`/certificates/${newest.issuer}/${newest.serial}`} translate="no">
            {newest.subject || newest.serial}
          </Link>
          <Suspense fallback={<Skeleton height="10rem" />}>
            <Decoded pem={newest.certificate_pem} />
          </Suspense>
        </>
      )}
    </section>
  );
}
