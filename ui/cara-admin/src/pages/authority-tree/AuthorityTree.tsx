import { ListStates, messages, PageHead, Time } from "@ers/frame";
import { Button, Card, CardBody, EmptyState, EmptyStateBody, PageSection } from "@patternfly/react-core";
import { Link } from "react-router";
import type { Authority } from "../../generated/cara-ws.ts";
import { StateLabel } from "../../parts/StateLabel.tsx";
import { useAuthorities } from "../../queries/authorities.ts";
import { useMay } from "../../queries/session.ts";
import { useMenuText } from "../../words/menu.ts";
import { useTerms } from "../../words/terms.ts";
import { forest, type Tree } from "./forest.ts";
import { LifeBar } from "./LifeBar.tsx";

const useText = messages(
  {
    crl_due: "CRL due",
    empty: "No CAs yet",
    empty_hint: "The first one is a root, or a CA that a foreign one signs.",
    hint: "Who has signed whom: roots above, those that they have signed below.",
    tree: "All CAs",
  },
  {
    crl_due: "CRL fällig",
    empty: "Noch keine CAs",
    empty_hint: "Die erste ist eine Wurzel, oder eine CA, die eine fremde signiert.",
    hint: "Wer wen signiert hat: oben die Wurzeln, darunter, was sie signiert haben.",
    tree: "Alle CAs",
  },
);

/** All CAs as a tree. */
export default function AuthorityTree() {
  const text = useText();
  const menu = useMenuText();
  const may = useMay();
  const query = useAuthorities();
  const trees = forest(query.data ?? []);
  const create = may("manage-authorities") && (
    <Button component={(props) => <Link {...props} to="/new-authority" />} variant="primary">
      {menu("new_authority")}
    </Button>
  );
  return (
    <>
      <PageHead title={menu("authorities")} hint={text("hint")} actions={create} />
      <PageSection isFilled>
        <Card>
          <CardBody>
            <ListStates
              query={query}
              count={trees.length}
              filtered={false}
              empty={
                <EmptyState titleText={text("empty")} headingLevel="h2">
                  <EmptyStateBody>{text("empty_hint")}</EmptyStateBody>
                  {create}
                </EmptyState>
              }
            >
              <ul className="ers-tree" aria-label={text("tree")}>
                {trees.map((tree) => (
                  <Branch key={tree.authority.name} tree={tree} />
                ))}
              </ul>
            </ListStates>
          </CardBody>
        </Card>
      </PageSection>
    </>
  );
}

function Branch({ tree }: { tree: Tree }) {
  return (
    <li>
      <Box authority={tree.authority} />
      {tree.below.length > 0 && (
        <ul>
          {tree.below.map((below) => (
            <Branch key={below.authority.name} tree={below} />
          ))}
        </ul>
      )}
    </li>
  );
}

function Box({ authority }: { authority: Authority }) {
  const text = useText();
  const term = useTerms();
  const due = authority.crl_next_update;
  const late = due !== "" && new Date(due).getTime() < Date.now();
  return (
    <div className="ers-tree-box">
      <div className="ers-tree-head">
        <Link to={`/authorities/${authority.name}`} className="ers-tree-name">
          {authority.name}
        </Link>
        <StateLabel state={authority.state} />
      </div>
      <div className="ers-quiet ers-small ers-break" translate="no">
        {authority.subject}
      </div>
      <div className="ers-tree-facts ers-small">
        <span translate="no">
          {authority.key_algorithm}
          {authority.generations.length > 1 && `, ${term("generation")} ${authority.generation}`}
        </span>
        {authority.not_after && (
          <span>
            {term("valid_to")} <Time at={authority.not_after} />
          </span>
        )}
        {due && (
          <span className={late ? "ers-late" : undefined}>
            {text("crl_due")} <Time at={due} />
          </span>
        )}
      </div>
      {authority.not_after && <LifeBar from={authority.not_before} to={authority.not_after} />}
    </div>
  );
}
