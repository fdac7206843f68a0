import { Breadcrumb, BreadcrumbItem } from "@patternfly/react-core";
import { Link } from "react-router";

/** The way back from a page to the list that it is of. */
export function Crumb({ to, label }: { to: string; label: string }) {
  return (
    <Breadcrumb className="ers-breadcrumb">
      <BreadcrumbItem
        render={({ className }) => (
          <Link className={className} to={to}>
            {label}
          </Link>
        )}
      />
    </Breadcrumb>
  );
}
