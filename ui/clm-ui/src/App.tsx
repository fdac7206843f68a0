import { ProblemAlert, Shell } from "@ers/frame";
import { Badge, Bullseye, PageSection, Spinner } from "@patternfly/react-core";
import { type ComponentType, lazy, Suspense } from "react";
import { Navigate, Route, Routes } from "react-router";
import type { Permission } from "./access.ts";
import { LogIn } from "./pages/log-in/LogIn.tsx";
import { usePolicies } from "./queries/policies.ts";
import { useRecoveries } from "./queries/recoveries.ts";
import { useRequests } from "./queries/requests.ts";
import { useAccess, useLogOut, useSession } from "./queries/session.ts";
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
const BulkActs = lazy(() => import("./pages/bulk-acts/BulkActs.tsx"));
const BulkActDetails = lazy(() => import("./pages/bulk-acts/BulkActDetails.tsx"));
const EndEntityList = lazy(() => import("./pages/end-entity-list/EndEntityList.tsx"));
const EndEntityDetails = lazy(() => import("./pages/end-entity-details/EndEntityDetails.tsx"));
const System = lazy(() => import("./pages/system/System.tsx"));
const Notifications = lazy(() => import("./pages/notifications/Notifications.tsx"));
const People = lazy(() => import("./pages/people/People.tsx"));
const PersonDetails = lazy(() => import("./pages/person-details/PersonDetails.tsx"));
const Roles = lazy(() => import("./pages/roles/Roles.tsx"));
const Realms = lazy(() => import("./pages/realms/Realms.tsx"));
const Clients = lazy(() => import("./pages/clients/Clients.tsx"));
const ClientDetails = lazy(() => import("./pages/client-details/ClientDetails.tsx"));
const Audit = lazy(() => import("./pages/audit/Audit.tsx"));
const Account = lazy(() => import("./pages/account/Account.tsx"));

/** A place in the menu: what must be granted somewhere to see it, and its pages by the rest of their paths. */
type Place = {
  path: string;
  label: Parameters<ReturnType<typeof useMenuText>>[0];
  needs: Permission[];
  /** These will do as well. */
  orNeeds?: Permission[];
  /** Only for who has them in all realms. */
  everywhere?: boolean;
  pages: Record<string, ComponentType>;
};

const PLACES: Place[] = [
  { path: "/", label: "dashboard", needs: ["certificate:read"], pages: { "": Dashboard } },
  {
    path: "/certificates",
    label: "certificates",
    needs: ["certificate:read"],
    pages: { "": CertificateList, "/:id": CertificateDetails },
  },
  {
    path: "/request",
    label: "request",
    needs: ["request:create", "policy:read"],
    pages: { "": RequestWizard },
  },
  { path: "/requests", label: "requests", needs: ["request:read"], pages: { "": RequestList } },
  {
    path: "/approvals",
    label: "approvals",
    needs: ["request:decide", "request:read"],
    orNeeds: ["recovery:decide", "recovery:read"],
    pages: { "": Approvals },
  },
  {
    path: "/policies",
    label: "policies",
    needs: ["policy:read"],
    pages: { "": PolicyList, "/:name": PolicyDetails },
  },
  {
    path: "/bulk-acts",
    label: "bulk_acts",
    needs: ["certificate:read"],
    pages: { "": BulkActs, "/:id": BulkActDetails },
  },
  {
    path: "/end-entities",
    label: "end_entities",
    needs: ["end-entity:read"],
    pages: { "": EndEntityList, "/:realm/:name": EndEntityDetails },
  },
  {
    path: "/notifications",
    label: "notifications",
    needs: ["notification:read"],
    pages: { "": Notifications },
  },
  {
    path: "/people",
    label: "people",
    needs: ["person:read"],
    pages: { "": People, "/:username": PersonDetails },
  },
  { path: "/roles", label: "roles", needs: ["role:read"], pages: { "": Roles } },
  { path: "/realms", label: "realms", needs: ["realm:read"], pages: { "": Realms } },
  {
    path: "/clients",
    label: "clients",
    needs: ["client:read"],
    pages: { "": Clients, "/:name": ClientDetails },
  },
  { path: "/audit", label: "audit", needs: ["audit:read"], pages: { "": Audit } },
  { path: "/system", label: "system", needs: ["system:read"], everywhere: true, pages: { "": System } },
];

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
  const { may, mayEverywhere } = useAccess();
  const logOut = useLogOut();
  const decides = may("request:decide") && may("request:read");
  const looked = { state: "pending-approval", page_size: 1 };
  const often = { refetchInterval: 30_000 };
  const requests = useRequests(looked, { enabled: decides, ...often }).data?.total ?? 0;
  const decidesKeys = may("recovery:decide") && may("recovery:read");
  const recoveries = useRecoveries(looked, { enabled: decidesKeys, ...often }).data?.total ?? 0;
  const waiting = requests + recoveries;
  usePolicies(realm, may("policy:read")); // most pages need them at once
  const badge = waiting > 0 ? <Badge screenReaderText={text("waiting")}>{waiting}</Badge> : undefined;
  const places = PLACES.filter(({ needs, orNeeds, everywhere }) =>
    [needs, orNeeds ?? needs].some((all) => all.every(everywhere ? mayEverywhere : may)),
  );
  return (
    <Shell
      name="ERS"
      icon="/clm-ui/icon.svg"
      username={username}
      accountPath="/account"
      choice={may("realm:read") && <RealmSwitch />}
      onLogOut={() => logOut.mutate()}
      destinations={places.map(({ path, label }) => ({
        path,
        label: text(label),
        badge: path === "/approvals" ? badge : undefined,
      }))}
    >
      <Suspense fallback={<Waiting />}>
        <Routes>
          {places.map(({ path, pages }) =>
            Object.entries(pages).map(([part, Page]) => (
              <Route key={path + part} path={path + part} element={<Page />} />
            )),
          )}
          {may("policy:manage") && <Route path="/new-policy" element={<PolicyDetails />} />}
          <Route path="/account" element={<Account />} />
          <Route path="*" element={<Elsewhere first={places[0]?.path ?? "/account"} />} />
        </Routes>
      </Suspense>
    </Shell>
  );
}

/** An old or mistyped address, or one that is not for everybody, leads to the first page that is for this person. */
function Elsewhere({ first }: { first: string }) {
  return <Navigate to={first} replace />;
}

function Waiting() {
  const text = useMenuText();
  return (
    <Bullseye>
      <Spinner aria-label={text("loading")} />
    </Bullseye>
  );
}
