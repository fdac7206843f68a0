import { Card, CardBody, CardTitle, Label } from "@patternfly/react-core";
import { sectionsOf } from "../../crypto/decode.ts";
import { Facts } from "../../parts/Facts.tsx";
import { useText } from "./words.ts";

/** Everything that the certificate says, in the terms of RFC 5280. */
export default function Decoded({ pem }: { pem: string }) {
  const text = useText();
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
