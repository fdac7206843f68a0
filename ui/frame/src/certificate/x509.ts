// The library needs this polyfill to be there before it.
import "reflect-metadata";

export * from "@peculiar/x509";
