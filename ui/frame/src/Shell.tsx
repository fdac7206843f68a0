import {
  Button,
  Masthead,
  MastheadContent,
  MastheadMain,
  MastheadToggle,
  Nav,
  NavItem,
  NavList,
  Page,
  PageSidebar,
  PageSidebarBody,
  PageToggleButton,
  SkipToContent,
} from "@patternfly/react-core";
import BarsIcon from "@patternfly/react-icons/dist/esm/icons/bars-icon";
import SignOutAltIcon from "@patternfly/react-icons/dist/esm/icons/sign-out-alt-icon";
import UserIcon from "@patternfly/react-icons/dist/esm/icons/user-icon";
import { type ReactNode, useEffect, useState } from "react";
import { Link, useLocation } from "react-router";
import { Boundary } from "./Boundary.tsx";
import { Preferences } from "./Preferences.tsx";
import { useWords } from "./words.ts";

/** A place in the menu. */
export type Destination = { path: string; label: string; badge?: ReactNode };

const MAIN = "main";
const NARROW = 1200;

/** The frame around every page: masthead with preferences and who is known; menu; the page itself. */
export function Shell(props: {
  name: string;
  /** Path of the picture beside the name. */
  icon: string;
  destinations: Destination[];
  username: string;
  accountPath: string;
  /** What stands beside the name: the realm, where there are any. */
  choice?: ReactNode;
  /** Absent: who is known by a certificate cannot log out. */
  onLogOut?: () => void;
  children: ReactNode;
}) {
  const words = useWords();
  const { pathname } = useLocation();
  const [open, setOpen] = useState(() => window.innerWidth >= NARROW);
  // On a narrow screen the menu covers the page that was just chosen.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the path is what it is about
  useEffect(() => {
    if (window.innerWidth < NARROW) setOpen(false);
    document.getElementById(MAIN)?.focus();
  }, [pathname]);
  const masthead = (
    <Masthead display={{ default: props.choice ? "stack" : "inline", md: "inline" }}>
      <MastheadMain>
        <MastheadToggle>
          <PageToggleButton
            variant="plain"
            aria-label={words("menu")}
            isSidebarOpen={open}
            onSidebarToggle={() => setOpen(!open)}
          >
            <BarsIcon />
          </PageToggleButton>
        </MastheadToggle>
        <Link to="/" className="ers-brand">
          <img src={props.icon} alt="" width="28" height="28" />
          <span>{props.name}</span>
        </Link>
      </MastheadMain>
      <MastheadContent>
        <div className="ers-masthead">
          {props.choice}
          <span className="ers-grow" />
          <Preferences />
          <Link
            to={props.accountPath}
            className="pf-v6-c-button pf-m-plain ers-user"
            aria-label={`${words("account")}: ${props.username}`}
          >
            <UserIcon /> <span className="ers-wide">{props.username}</span>
          </Link>
          {props.onLogOut && (
            <Button
              variant="plain"
              aria-label={words("log_out")}
              icon={<SignOutAltIcon />}
              onClick={props.onLogOut}
            />
          )}
        </div>
      </MastheadContent>
    </Masthead>
  );
  const sidebar = (
    <PageSidebar isSidebarOpen={open}>
      <PageSidebarBody>
        <Nav aria-label={words("menu")}>
          <NavList>
            {props.destinations.map(({ path, label, badge }) => (
              <NavItem key={path} isActive={isAt(pathname, path)}>
                <Link to={path} aria-current={isAt(pathname, path) ? "page" : undefined}>
                  {label} {badge}
                </Link>
              </NavItem>
            ))}
          </NavList>
        </Nav>
      </PageSidebarBody>
    </PageSidebar>
  );
  return (
    <Page
      masthead={masthead}
      sidebar={sidebar}
      isContentFilled
      mainContainerId={MAIN}
      skipToContent={<SkipToContent href={`#${MAIN}`}>{words("skip")}</SkipToContent>}
    >
      <Boundary key={pathname}>{props.children}</Boundary>
    </Page>
  );
}

function isAt(pathname: string, path: string) {
  return path === "/" ? pathname === "/" : pathname === path || pathname.startsWith(`${path}/`);
}
