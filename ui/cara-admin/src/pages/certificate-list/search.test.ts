import { expect, test } from "vitest";
import { searchOf } from "./search.ts";

test.each([
  ["", {}],
  ["1F:2e:3d:4c:5b:6a:77:88", { serial: "1f2e3d4c5b6a7788" }],
  ["ab".repeat(32), { fingerprint: "ab".repeat(32) }],
  ["www.example.com", { name: "dns:www.example.com" }],
  [".example.com", { name: "dns:.example.com" }],
  ["192.0.2.1", { name: "ip:192.0.2.1" }],
  ["anna@example.com", { name: "email:anna@example.com" }],
  ["upn:anna@corp.example", { name: "upn:anna@corp.example" }],
  ["CN=www.example.com,O=ERS", { subject: "CN=www.example.com,O=ERS" }],
  ["O=ERS", { subject_attribute: "O=ERS" }],
  ["www", { subject_attribute: "CN=www*" }],
])("%s is looked for as what it is", (typed, search) => {
  expect(searchOf(typed)).toEqual(search);
});
