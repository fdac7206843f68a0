import { Facts, List, PageHead, ProblemAlert, Time, useFormats } from "@ers/frame";
import {
  Alert,
  Card,
  CardBody,
  CardTitle,
  Gallery,
  Label,
  PageSection,
  Skeleton,
} from "@patternfly/react-core";
import { Link } from "react-router";
import type { SignerToken, System as Told } from "../../generated/clm-api.ts";
import { useSystem } from "../../queries/system.ts";
import { useMenuText } from "../../words/menu.ts";
import { useTerms } from "../../words/terms.ts";
import { Authorities } from "./Authorities.tsx";
import { useText } from "./words.ts";

/** How the platform stands: services, CAs and their CRLs, tokens, checks, what waits to be told. */
export default function System() {
  const text = useText();
  const menu = useMenuText();
  const query = useSystem();
  const told = query.data;
  return (
    <>
      <PageHead
        title={menu("system")}
        hint={text("hint")}
        mark={told && <Label isCompact>{text("version", { version: told.version })}</Label>}
      />
      <PageSection>
        <div className="ers-stack">
          {query.isError && <ProblemAlert error={query.error} onAgain={() => query.refetch()} />}
          {query.isPending && <Skeleton height="12rem" />}
          {told && <Services told={told} />}
          <Authorities />
          {told && (
            <>
              <Tokens tokens={told.tokens} />
              <Checks told={told} query={query} />
              <Waiting told={told} />
            </>
          )}
        </div>
      </PageSection>
    </>
  );
}

function Services({ told }: { told: Told }) {
  const text = useText();
  const all = [...told.parts, ...told.checks, ...told.tokens];
  const trouble = all.filter((one) => !one.up).length;
  return (
    <>
      <Alert
        isInline
        variant={trouble > 0 ? "danger" : "success"}
        title={trouble > 0 ? text("trouble", { n: trouble }) : text("well")}
      />
      <section aria-label={text("parts")}>
        <Gallery hasGutter minWidths={{ default: "12rem" }}>
          {told.parts.map((part) => (
            <Card key={part.name} isCompact isFullHeight>
              <CardTitle component="h2">
                <span translate="no">{part.name}</span> <Reach up={part.up} />
              </CardTitle>
              {part.reason && (
                <CardBody className="ers-small ers-break" translate="no">
                  {part.reason}
                </CardBody>
              )}
            </Card>
          ))}
        </Gallery>
      </section>
    </>
  );
}

function Reach({ up }: { up: boolean }) {
  const text = useText();
  return (
    <Label isCompact status={up ? "success" : "danger"}>
      {text(up ? "up" : "down")}
    </Label>
  );
}

function Tokens({ tokens }: { tokens: SignerToken[] }) {
  const text = useText();
  if (tokens.length === 0) {
    return (
      <Card>
        <CardTitle component="h2">{text("tokens")}</CardTitle>
        <CardBody className="ers-quiet">{text("no_tokens")}</CardBody>
      </Card>
    );
  }
  return (
    <section aria-label={text("tokens")}>
      <Gallery hasGutter minWidths={{ default: "20rem" }} maxWidths={{ default: "40rem" }}>
        {tokens.map((token) => (
          <Token key={token.name} token={token} />
        ))}
      </Gallery>
    </section>
  );
}

function Token({ token }: { token: SignerToken }) {
  const text = useText();
  const { number } = useFormats();
  const said = token.description;
  const own = (value: string | null | undefined) => value && <span translate="no">{value}</span>;
  return (
    <Card>
      <CardTitle component="h2">
        {text("token")} <span translate="no">{token.name}</span> <Reach up={token.up} />{" "}
        {token.is_default && <Label isCompact>{text("default")}</Label>}
      </CardTitle>
      <CardBody>
        <Facts
          wide
          rows={[
            [text("reason"), own(token.reason ?? "")],
            [text("kind"), own(token.kind)],
            [text("keys"), number(token.keys)],
            [text("busy"), text("of", { n: number(token.queue_depth), most: number(token.queue_length) })],
            [text("model"), own(said && [said.manufacturer, said.model].filter(Boolean).join(" "))],
            [text("firmware"), own(said?.firmware_version)],
            [text("pin"), own(said?.pin_state)],
          ]}
        />
      </CardBody>
    </Card>
  );
}

function Checks({ told, query }: { told: Told; query: ReturnType<typeof useSystem> }) {
  const text = useText();
  const term = useTerms();
  return (
    <List
      label={text("checks")}
      query={query}
      rows={told.checks}
      keyOf={(check) => check.name}
      heading={text("checks")}
      hint={text("checks_hint")}
      empty={{ title: text("no_checks") }}
      columns={[
        {
          title: term("name"),
          width: 30,
          breaks: true,
          cell: (check) => <span translate="no">{check.name}</span>,
        },
        { title: term("state"), cell: (check) => <Reach up={check.up} /> },
        {
          title: text("reason"),
          width: 40,
          breaks: true,
          cell: (check) => <span translate="no">{check.reason ?? "–"}</span>,
        },
      ]}
    />
  );
}

function Waiting({ told }: { told: Told }) {
  const text = useText();
  const { number } = useFormats();
  const { pending, failed, oldest_pending_at: oldest } = told.notifications;
  return (
    <Card>
      <CardTitle component="h2">{text("notifications")}</CardTitle>
      <CardBody>
        <Facts
          wide
          rows={[
            [
              text("pending"),
              <Link key="p" to="/notifications?tab=deliveries&state=pending">
                {number(pending)}
              </Link>,
            ],
            [
              text("failed"),
              <Link key="f" to="/notifications?tab=deliveries&state=failed">
                {number(failed)}
              </Link>,
            ],
            [text("oldest"), oldest && <Time at={oldest} />],
          ]}
        />
      </CardBody>
    </Card>
  );
}
