import { ProblemAlert, Shell } from "@ers/frame";
import { Badge, Bullseye, PageSection, Spinner } from "@patternfly/react-core";
import { lazy, Suspense } from "react";
import { Navigate, Route, Routes, useLocation } from "react-router";
import { LogIn } from "./pages/log-in/LogIn.tsx";
import { usePolicies } from "./queries/policies.ts";
import { useRequests } from "./queries/requests.ts";
import { useLogOut, useSession } from "./queries/session.ts";
import { RealmSwitch } from "./RealmSwitch.tsx";
import { RealmProvider, useRealm } from "./realm.tsx";
import { useMenuText } from "./words/menu.ts";

const Dashboard = lazy(() => import("./pages/dashboard/Dashboard.tsx"));
const CertificateList = lazy(() => import("./pages/certificate-list/CertificateList.tsx"));
const CertificateDetails = lazy(() => import("./pages/certificate-details/CertificateDetails.tsx"));
const RequestWizard = lazy(() => import("./pages/request-wizard/RequestWizard.tsx"));
const RequestList = lazy(() => import("./pages/request-list/RequestList.tsx"));
const Approvals = lazy(() => import("./pages/approvals/Approvals.tsx"));
const PolicyList = lazy(() => import("./pages/policy-list/PolicyList.tsx"));
const PolicyDetails = lazy(() => import("./pages/policy-details/PolicyDetails.tsx"));
const Account = lazy(() => import("./pages/account/Account.tsx"));

/** The app: the login, or the pages. */
export function App() {
  const session = useSession();
  const text = useMenuText();
  if (session.isPending) {
    return (
      <Bullseye>
        <Spinner aria-label={text("loading")} />
      </Bullseye>
    );
  }
  if (session.isError) {
    return (
      <PageSection>
        <ProblemAlert error={session.error} onAgain={() => session.refetch()} />
      </PageSection>
    );
  }
  if (!session.data) return <LogIn />;
  return (
    <RealmProvider>
      <Pages username={session.data.username} />
    </RealmProvider>
  );
}

function Pages({ username }: { username: string }) {
  const text = useMenuText();
  const { realm } = useRealm();
  const logOut = useLogOut();
  const waiting = useRequests({ state: "pending-approval", page_size: 1 }, 30_000).data?.total ?? 0;
  usePolicies(realm); // most pages need them at once
  const badge = waiting > 0 ? <Badge screenReaderText={text("waiting")}>{waiting}</Badge> : undefined;
  return (
    <Shell
      name="ERS"
      icon="/clm-ui/icon.svg"
      username={username}
      accountPath="/account"
      choice={<RealmSwitch />}
      onLogOut={() => logOut.mutate()}
      destinations={[
        { path: "/", label: text("dashboard") },
        { path: "/certificates", label: text("certificates") },
        { path: "/request", label: text("request") },
        { path: "/requests", label: text("requests") },
        { path: "/approvals", label: text("approvals"), badge },
        { path: "/policies", label: text("policies") },
      ]}
    >
      <Suspense fallback={<Waiting />}>
        <Routes>
          <Route path="/" element={<Dashboard />} />
          <Route path="/certificates" element={<CertificateList />} />
          <Route path="/certificates/:id" element={<CertificateDetails />} />
          <Route path="/request" element={<RequestWizard />} />
          <Route path="/requests" element={<RequestList />} />
          <Route path="/approvals" element={<Approvals />} />
          <Route path="/policies" element={<PolicyList />} />
          <Route path="/new-policy" element={<PolicyDetails />} />
          <Route path="/policies/:name" element={<PolicyDetails />} />
          <Route path="/account" element={<Account />} />
          <Route path="*" element={<Elsewhere />} />
        </Routes>
      </Suspense>
    </Shell>
  );
}

/** An old or mistyped address leads to the overview. */
function Elsewhere() {
  const { pathname } = useLocation();
  return <Navigate to={pathname === "/" ? "/certificates" : "/"} replace />;
}

function Waiting() {
  const text = useMenuText();
  return (
    <Bullseye>
      <Spinner aria-label={text("loading")} />
    </Bullseye>
  );
}
