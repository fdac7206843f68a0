import { type Column, Facts, List, messages, PageHead, ProblemAlert, Time, useFormats } from "@ers/frame";
import { Card, CardBody, CardTitle, Gallery, Label, PageSection, Skeleton } from "@patternfly/react-core";
import type { Key, Token } from "../../generated/cara-ws.ts";
import { useKeys, useTokens } from "../../queries/operation.ts";
import { useMenuText } from "../../words/menu.ts";
import { useTerms } from "../../words/terms.ts";
import { Throughput } from "./Throughput.tsx";

const useText = messages(
  {
    busy: "Under way",
    copies: "copies on {where}",
    default: "default",
    down: "out of reach",
    firmware: "Firmware",
    hint: "Private keys live in the signer and its tokens. None of them ever leaves it.",
    keys_on: "Keys on it",
    kind: "Kind",
    made_by: "Made by",
    maker: "Manufacturer",
    mechanisms: "Mechanisms",
    model: "Model",
    none: "The signer holds no key yet.",
    of: "{n} of {most}",
    pin: "PIN",
    purposes: "May sign",
    quarantine: "Signs nothing since {at}: {reason}",
    serial: "Serial number of the token",
    sessions: "Sessions",
    slot: "Slot",
    up: "in reach",
  },
  {
    busy: "In Arbeit",
    copies: "Kopien auf {where}",
    default: "Vorgabe",
    down: "nicht erreichbar",
    firmware: "Firmware",
    hint: "Private Schlüssel liegen im Signierdienst und seinen Token. Keiner verlässt sie je.",
    keys_on: "Schlüssel darauf",
    kind: "Art",
    made_by: "Angelegt von",
    maker: "Hersteller",
    mechanisms: "Verfahren",
    model: "Modell",
    none: "Der Signierdienst hat noch keinen Schlüssel.",
    of: "{n} von {most}",
    pin: "PIN",
    purposes: "Darf signieren",
    quarantine: "Signiert nichts seit {at}: {reason}",
    serial: "Seriennummer des Tokens",
    sessions: "Sitzungen",
    slot: "Slot",
    up: "erreichbar",
  },
);

/** Where private keys are, and how their tokens do. */
export default function Keys() {
  const text = useText();
  const menu = useMenuText();
  const tokens = useTokens();
  const keys = useKeys();
  const columns = useColumns();
  return (
    <>
      <PageHead title={menu("keys")} hint={text("hint")} />
      <PageSection>
        <div className="ers-stack">
          {tokens.isError && <ProblemAlert error={tokens.error} onAgain={() => tokens.refetch()} />}
          {tokens.isPending && <Skeleton height="10rem" />}
          <Gallery hasGutter minWidths={{ default: "100%", md: "24rem" }}>
            {(tokens.data ?? []).map((token) => (
              <TokenCard key={token.name} token={token} />
            ))}
            <Throughput />
          </Gallery>
          <List
            label={menu("keys")}
            query={keys}
            rows={keys.data ?? []}
            keyOf={(key) => key.id}
            columns={columns}
            empty={{ title: text("none") }}
          />
        </div>
      </PageSection>
    </>
  );
}

function TokenCard({ token }: { token: Token }) {
  const text = useText();
  const term = useTerms();
  const { number } = useFormats();
  const said = token.description;
  const own = (value: string | number | undefined) =>
    value !== undefined && value !== "" && <span translate="no">{value}</span>;
  return (
    <Card>
      <CardTitle component="h2">
        {term("token")} <span translate="no">{token.name}</span>{" "}
        <Label isCompact status={token.up ? "success" : "danger"}>
          {text(token.up ? "up" : "down")}
        </Label>{" "}
        {token.is_default && <Label isCompact>{text("default")}</Label>}
      </CardTitle>
      <CardBody>
        {token.reason && (
          <p className="ers-late ers-break" translate="no">
            {token.reason}
          </p>
        )}
        <Facts
          wide
          rows={[
            [text("kind"), own(token.kind)],
            [text("keys_on"), number(token.keys)],
            [text("busy"), text("of", { n: number(token.queue_depth), most: number(token.queue_length) })],
            [text("maker"), own(said?.manufacturer)],
            [text("model"), own(said?.model)],
            [text("firmware"), own(said?.firmware_version)],
            [text("serial"), own(said?.serial)],
            [text("slot"), own(said?.slot)],
            [text("pin"), own(said?.pin_state)],
            [
              text("sessions"),
              typeof said?.sessions === "number" &&
                (typeof said.max_sessions === "number"
                  ? text("of", { n: number(said.sessions), most: number(said.max_sessions) })
                  : number(said.sessions)),
            ],
            [text("mechanisms"), said && number(said.mechanisms.length)],
          ]}
        />
      </CardBody>
    </Card>
  );
}

function useColumns(): Column<Key>[] {
  const text = useText();
  const term = useTerms();
  const { moment } = useFormats();
  const own = (value: string) => <span translate="no">{value}</span>;
  return [
    {
      title: term("name"),
      width: 30,
      breaks: true,
      cell: ({ label, quarantine }) => (
        <>
          {own(label)}
          {quarantine && (
            <div className="ers-late ers-small">
              {text("quarantine", { at: moment(quarantine.at), reason: quarantine.reason })}
            </div>
          )}
        </>
      ),
    },
    { title: term("key"), cell: (key) => own(key.key_algorithm) },
    { title: text("purposes"), breaks: true, cell: (key) => own(key.purposes.join(", ")) },
    {
      title: term("token"),
      cell: ({ token, replicas }) => (
        <>
          {own(token)}
          {replicas.length > 0 && (
            <div className="ers-quiet ers-small">{text("copies", { where: replicas.join(", ") })}</div>
          )}
        </>
      ),
    },
    { title: text("made_by"), cell: (key) => own(key.creator) },
    { title: term("created"), cell: (key) => <Time at={key.created_at} /> },
  ];
}
