import { Flex, FlexItem, PageSection, Title } from "@patternfly/react-core";
import { type ReactNode, useEffect } from "react";

/** The heading of a page; also the window's title. */
export function PageHead(props: {
  title: string;
  hint?: ReactNode;
  above?: ReactNode;
  actions?: ReactNode;
  mark?: ReactNode;
}) {
  useEffect(() => {
    document.title = `${props.title} · ERS`;
  }, [props.title]);
  return (
    <PageSection variant="default" className="ers-page-head">
      {props.above}
      <Flex justifyContent={{ default: "justifyContentSpaceBetween" }} gap={{ default: "gapMd" }}>
        <FlexItem className="ers-page-title">
          <Title headingLevel="h1">
            {props.title} {props.mark}
          </Title>
          {props.hint ? <p className="ers-quiet">{props.hint}</p> : null}
        </FlexItem>
        {props.actions ? <FlexItem>{props.actions}</FlexItem> : null}
      </Flex>
    </PageSection>
  );
}
