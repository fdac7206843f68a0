import { Problem, ProblemAlert, Shell } from "@ers/frame";
import { Badge, Bullseye, PageSection, Spinner } from "@patternfly/react-core";
import { lazy, Suspense } from "react";
import { Navigate, Route, Routes } from "react-router";
import { Stranger } from "./pages/account/Stranger.tsx";
import { useApprovals } from "./queries/approvals.ts";
import { useMay, useSeesAll, useSession } from "./queries/session.ts";
import { useMenuText } from "./words/menu.ts";

const AuthorityTree = lazy(() => import("./pages/authority-tree/AuthorityTree.tsx"));
const AuthorityDetails = lazy(() => import("./pages/authority-details/AuthorityDetails.tsx"));
const NewAuthority = lazy(() => import("./pages/new-authority/NewAuthority.tsx"));
const CertificateList = lazy(() => import("./pages/certificate-list/CertificateList.tsx"));
const CertificateDetails = lazy(() => import("./pages/certificate-details/CertificateDetails.tsx"));
const Profiles = lazy(() => import("./pages/profiles/Profiles.tsx"));
const Profile = lazy(() => import("./pages/profiles/Profile.tsx"));
const Approvals = lazy(() => import("./pages/approvals/Approvals.tsx"));
const Keys = lazy(() => import("./pages/keys/Keys.tsx"));
const RevocationInfo = lazy(() => import("./pages/revocation/RevocationInfo.tsx"));
const Administrators = lazy(() => import("./pages/administrators/Administrators.tsx"));
const Audit = lazy(() => import("./pages/audit/Audit.tsx"));
const Account = lazy(() => import("./pages/account/Account.tsx"));

/** The app: the pages, or what to do when the browser has shown no administrator's certificate. */
export function App() {
  const session = useSession();
  if (session.isPending) return <Waiting />;
  if (session.isError) {
    const unknown = session.error instanceof Problem && session.error.status === 403;
    if (unknown) return <Stranger detail={session.error.message} onAgain={() => session.refetch()} />;
    return (
      <PageSection>
        <ProblemAlert error={session.error} onAgain={() => session.refetch()} />
      </PageSection>
    );
  }
  return <Pages username={session.data.administrator} />;
}

function Pages({ username }: { username: string }) {
  const text = useMenuText();
  const may = useMay();
  const seesAll = useSeesAll();
  const waiting = useApprovals({ waiting: true, page_size: 50 }, may("read-approvals"));
  const count = waiting.data?.approvals.length ?? 0;
  const badge = count > 0 ? <Badge screenReaderText={text("waiting")}>{count}</Badge> : undefined;
  const destinations = [
    { path: "/", label: text("authorities"), shown: may("read-authorities") },
    { path: "/certificates", label: text("certificates"), shown: may("read-certificates") },
    { path: "/revocation", label: text("revocation"), shown: may("read-authorities") },
    { path: "/profiles", label: text("profiles"), shown: may("read-profiles") },
    { path: "/keys", label: text("keys"), shown: may("read-authorities") && seesAll },
    { path: "/approvals", label: text("approvals"), badge, shown: may("read-approvals") },
    { path: "/administrators", label: text("administrators"), shown: may("read-administrators") },
    { path: "/audit", label: text("acts"), shown: may("read-acts") },
  ];
  return (
    <Shell
      name="ERS CA"
      icon="/cara-admin/icon.svg"
      username={username}
      accountPath="/account"
      destinations={destinations.filter(({ shown }) => shown)}
    >
      <Suspense fallback={<Waiting />}>
        <Routes>
          <Route path="/" element={<AuthorityTree />} />
          <Route path="/authorities/:name" element={<AuthorityDetails />} />
          <Route path="/new-authority" element={<NewAuthority />} />
          <Route path="/certificates" element={<CertificateList />} />
          <Route path="/certificates/:issuer/:serial" element={<CertificateDetails />} />
          <Route path="/revocation" element={<RevocationInfo />} />
          <Route path="/profiles" element={<Profiles />} />
          <Route path="/new-profile" element={<Profile />} />
          <Route path="/approvals" element={<Approvals />} />
          <Route path="/profiles/:name" element={<Profile />} />
          <Route path="/keys" element={<Keys />} />
          <Route path="/administrators" element={<Administrators />} />
          <Route path="/audit" element={<Audit />} />
          <Route path="/account" element={<Account />} />
          <Route path="*" element={<Navigate to="/" replace />} />
        </Routes>
      </Suspense>
    </Shell>
  );
}

function Waiting() {
  const text = useMenuText();
  return (
    <Bullseye>
      <Spinner aria-label={text("loading")} />
    </Bullseye>
  );
}
