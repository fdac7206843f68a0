// No text misses in one of the languages, says nothing, or forgets a value or a plural that the other one tells.
import { globSync, readFileSync } from "node:fs";
import ts from "typescript";
import { expect, test } from "vitest";

type Texts = Map<string, string>;
type Pair = { file: string; en: Texts; de: Texts };

const FILES = globSync("{frame,clm-ui,cara-admin}/src/**/*.{ts,tsx}").filter(
  (file) => !/generated|\.test\./.test(file),
);

function textsOf(node: ts.Expression | undefined): Texts {
  const texts: Texts = new Map();
  if (!node || !ts.isObjectLiteralExpression(node)) return texts;
  for (const property of node.properties) {
    if (!ts.isPropertyAssignment(property) || !ts.isStringLiteralLike(property.initializer)) {
      throw new Error(`no plain text: ${property.getText()}`);
    }
    const { name } = property;
    texts.set(ts.isStringLiteralLike(name) ? name.text : name.getText(), property.initializer.text);
  }
  return texts;
}

function pairsIn(file: string): Pair[] {
  const source = ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.Latest, true);
  const found: Pair[] = [];
  const visit = (node: ts.Node) => {
    if (ts.isCallExpression(node) && node.expression.getText() === "messages") {
      found.push({ file, en: textsOf(node.arguments[0]), de: textsOf(node.arguments[1]) });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

const pairs = FILES.flatMap(pairsIn);
const valuesIn = (text: string) => [...new Set(text.match(/\{\w+\}/g) ?? [])].sort();

test("all texts are found", () => {
  expect(pairs.length).toBeGreaterThan(40);
  expect(pairs.reduce((sum, { en }) => sum + en.size, 0)).toBeGreaterThan(500);
});

test("every text is there in both languages, with the same values", () => {
  const wrong = pairs.flatMap(({ file, en, de }) => {
    const keys = new Set([...en.keys(), ...de.keys()]);
    return [...keys].flatMap((key) => {
      const [one, other] = [en.get(key)?.trim() ?? "", de.get(key)?.trim() ?? ""];
      const faults: string[] = [];
      if (!one || !other) faults.push("missing");
      if (valuesIn(one).join() !== valuesIn(other).join()) faults.push("other values");
      if (one.split("|").length !== other.split("|").length) faults.push("other plurals");
      return faults.map((fault) => `${file}: ${key}: ${fault}`);
    });
  });
  expect(wrong).toEqual([]);
});

test("what reads the same in both languages is a name or a sign, no forgotten sentence", () => {
  const same = pairs.flatMap(({ file, en, de }) =>
    [...en].filter(([key, text]) => de.get(key) === text).map(([key, text]) => `${file}: ${key}: ${text}`),
  );
  const sentences = same.filter((line) => /: (?:\S+ ){3,}\S+$/.test(line) && !/[0-9,]/.test(line));
  expect(sentences).toEqual([]);
});
