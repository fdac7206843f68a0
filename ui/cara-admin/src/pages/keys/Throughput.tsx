import { BarChart, Facts, messages, ProblemAlert, useFormats } from "@ers/frame";
import { Card, CardBody, CardTitle, Skeleton } from "@patternfly/react-core";
import { useEffect, useState } from "react";
import { useChains } from "../../queries/operation.ts";
import { perSecond, type Sample, spansOf } from "./rates.ts";

const EVERY_MS = 5_000;
const SPANS = 36;

const useText = messages(
  {
    all: "Signatures since the beginning",
    chart: "Signatures in each 5 seconds",
    hint: "As the journals of all signers grow. The picture begins when this page is opened.",
    number: "Signatures",
    rate: "Per second, in these minutes",
    rising: "not known yet",
    span: "Until",
    title: "Throughput",
    told: "{at}: {n} signature|{at}: {n} signatures",
  },
  {
    all: "Signaturen seit dem Anfang",
    chart: "Signaturen in je 5 Sekunden",
    hint: "Wie die Journale aller Signierdienste wachsen. Das Bild beginnt, wenn diese Seite geöffnet wird.",
    number: "Signaturen",
    rate: "Je Sekunde, in diesen Minuten",
    rising: "noch nicht bekannt",
    span: "Bis",
    title: "Durchsatz",
    told: "{at}: {n} Signatur|{at}: {n} Signaturen",
  },
);

/** How much the signers sign, while one looks. */
export function Throughput() {
  const text = useText();
  const { number, time } = useFormats();
  const chains = useChains(true, EVERY_MS);
  const [samples, setSamples] = useState<Sample[]>([]);
  const { data, dataUpdatedAt: at } = chains;
  const entries = data?.reduce((sum, chain) => sum + chain.entries, 0);
  useEffect(() => {
    if (entries === undefined) return;
    setSamples((before) => [...before, { at, entries }].slice(-SPANS - 1));
  }, [entries, at]);
  const spans = spansOf(samples);
  const rate = perSecond(spans);
  // the picture has its whole width from the beginning
  const first = spans[0]?.from ?? at;
  const unseen = SPANS - spans.length;
  const bars = [
    ...Array.from({ length: unseen }, (_, index) => {
      const label = time(first - EVERY_MS * (unseen - 1 - index));
      return { label, value: 0, told: label };
    }),
    ...spans.map(({ to, signed }) => ({
      label: time(to),
      value: signed,
      told: text("told", { at: time(to), n: signed }),
    })),
  ];
  return (
    <Card>
      <CardTitle component="h2">{text("title")}</CardTitle>
      <CardBody className="ers-stack">
        <p className="ers-quiet">{text("hint")}</p>
        {chains.isError && <ProblemAlert error={chains.error} onAgain={() => chains.refetch()} />}
        {entries === undefined && !chains.isError && <Skeleton height="10rem" />}
        {entries !== undefined && (
          <>
            <Facts
              wide
              rows={[
                [text("all"), number(entries)],
                [text("rate"), rate === undefined ? text("rising") : number(Math.round(rate * 10) / 10)],
              ]}
            />
            <BarChart
              title={text("chart")}
              bars={bars}
              every={SPANS / 3}
              first={text("span")}
              second={text("number")}
            />
          </>
        )}
      </CardBody>
    </Card>
  );
}
