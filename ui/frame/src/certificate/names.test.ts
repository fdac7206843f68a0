import { expect, test } from "vitest";
import { fileNameOf, nameOf, namesOf, titleOf } from "./names.ts";

test.each([
  ["WWW.Example.com", "dns:www.example.com"],
  ["*.example.com", "dns:*.example.com"],
  ["192.0.2.1", "ip:192.0.2.1"],
  ["2001:db8::1", "ip:2001:db8::1"],
  ["anna@example.com", "email:anna@example.com"],
  ["spiffe://shop/web", "uri:spiffe://shop/web"],
  ["upn:anna@corp.example", "upn:anna@corp.example"],
])("%s is read as %s", (typed, name) => {
  expect(nameOf(typed)).toBe(name);
});

test("names typed in one go are taken apart, each once", () => {
  expect(namesOf("a.example, b.example\n a.example;192.0.2.1 ")).toEqual([
    "dns:a.example",
    "dns:b.example",
    "ip:192.0.2.1",
  ]);
});

test("a certificate is called by its common name, else by its first name", () => {
  expect(titleOf("CN=Example\\, Inc.,O=x", ["dns:a.example"])).toBe("Example, Inc.");
  expect(titleOf("O=x", ["dns:a.example"])).toBe("a.example");
  expect(titleOf("", [])).toBe("–");
});

test("a file name holds nothing that a path could be made of", () => {
  expect(fileNameOf("*.example.com")).toBe("wildcard.example.com");
  expect(fileNameOf("../../etc/passwd")).toBe("..-..-etc-passwd");
});
