import { BarChart, PageHead, ProblemAlert, useFormats } from "@ers/frame";
import {
  Button,
  Card,
  CardBody,
  CardTitle,
  Grid,
  GridItem,
  PageSection,
  Skeleton,
} from "@patternfly/react-core";
import { Link } from "react-router";
import type { Statistics } from "../../generated/clm-api.ts";
import { useStatistics } from "../../queries/certificates.ts";
import { useAccess } from "../../queries/session.ts";
import { useRealm } from "../../realm.tsx";
import { useMenuText } from "../../words/menu.ts";
import { ExpiringSoon, Waiting } from "./NeedsMe.tsx";
import { useText } from "./words.ts";

/** How everything stands, and what wants attention. */
export default function Dashboard() {
  const text = useText();
  const menu = useMenuText();
  const { realm } = useRealm();
  const { may } = useAccess();
  const statistics = useStatistics(realm);
  return (
    <>
      <PageHead
        title={menu("dashboard")}
        hint={realm ? text("of_realm", { realm }) : text("of_all")}
        actions={
          may("request:create") && (
            <Button component={(props) => <Link {...props} to="/request" />} variant="primary">
              {menu("request")}
            </Button>
          )
        }
      />
      <PageSection>
        {statistics.isError ? (
          <ProblemAlert error={statistics.error} onAgain={() => statistics.refetch()} />
        ) : (
          <>
            <Numbers statistics={statistics.data} />
            <Pictures statistics={statistics.data} />
          </>
        )}
        <Grid hasGutter lg={6} className="ers-space">
          {may("request:read") && (
            <GridItem>
              <Waiting />
            </GridItem>
          )}
          <GridItem>
            <ExpiringSoon realm={realm} />
          </GridItem>
        </Grid>
      </PageSection>
    </>
  );
}

function Numbers({ statistics }: { statistics: Statistics | undefined }) {
  const text = useText();
  const { number } = useFormats();
  const soon = statistics?.expiring_per_week.slice(0, 4).reduce((sum, week) => sum + week.count, 0);
  const tiles: [string, string, number | undefined, string][] = [
    [text("valid"), "/certificates?state=valid", statistics?.valid, "ers-good"],
    [text("soon"), "/certificates?within=28d", soon, soon ? "ers-warn" : ""],
    [
      text("waiting"),
      "/approvals",
      statistics?.pending_requests,
      statistics?.pending_requests ? "ers-warn" : "",
    ],
    [text("revoked"), "/certificates?state=revoked", statistics?.revoked, ""],
    [text("expired"), "/certificates?state=expired", statistics?.expired, ""],
  ];
  return (
    <div className="ers-tiles">
      {tiles.map(([label, to, value, look]) => (
        <Link key={to} to={to} className={`ers-tile ${look}`}>
          <span className="ers-tile-number">
            {value === undefined ? <Skeleton width="3rem" screenreaderText="…" /> : number(value)}
          </span>
          <span>{label}</span>
        </Link>
      ))}
    </div>
  );
}

function Pictures({ statistics }: { statistics: Statistics | undefined }) {
  const text = useText();
  const { shortDay, number } = useFormats();
  const weeks = (statistics?.expiring_per_week ?? []).map((week, index) => ({
    label: shortDay(week.begins_at),
    value: week.count,
    told: text("week_told", { day: shortDay(week.begins_at), n: number(week.count) }),
    warn: index < 4,
  }));
  const days = (statistics?.issued_per_day ?? []).map((day) => ({
    label: shortDay(day.begins_at),
    value: day.count,
    told: text("day_told", { day: shortDay(day.begins_at), n: number(day.count) }),
  }));
  return (
    <Grid hasGutter lg={6} className="ers-space">
      <GridItem>
        <Card isFullHeight>
          <CardTitle component="h2">{text("forecast")}</CardTitle>
          <CardBody>
            {statistics ? (
              <BarChart
                title={text("forecast")}
                bars={weeks}
                every={3}
                first={text("week")}
                second={text("count")}
              />
            ) : (
              <Skeleton height="10rem" />
            )}
          </CardBody>
        </Card>
      </GridItem>
      <GridItem>
        <Card isFullHeight>
          <CardTitle component="h2">{text("issuance")}</CardTitle>
          <CardBody>
            {statistics ? (
              <BarChart
                title={text("issuance")}
                bars={days}
                every={7}
                first={text("day")}
                second={text("count")}
              />
            ) : (
              <Skeleton height="10rem" />
            )}
          </CardBody>
        </Card>
      </GridItem>
    </Grid>
  );
}
