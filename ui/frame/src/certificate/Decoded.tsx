import { Card, CardBody, CardTitle, Label } from "@patternfly/react-core";
import { Facts } from "../Facts.tsx";
import { useWords } from "../words.ts";
import { sectionsOf } from "./decode.ts";

/** Everything that the certificate says, in the terms of RFC 5280. */
export default function Decoded({ pem }: { pem: string }) {
  const text = useWords();
  return (
    <div className="ers-stack">
      {sectionsOf(pem).map((section) => (
        <Card key={section.title} isCompact>
          <CardTitle component="h2">{section.title}</CardTitle>
          <CardBody>
            <Facts
              wide
              rows={section.rows.map((row) => [
                row.name,
                <div key={row.name}>
                  {row.critical && (
                    <Label isCompact color="orange">
                      {text("critical")}
                    </Label>
                  )}
                  {row.values.map((value) => (
                    <div key={value} className="ers-mono">
                      {value}
                    </div>
                  ))}
                </div>,
              ])}
            />
          </CardBody>
        </Card>
      ))}
    </div>
  );
}
