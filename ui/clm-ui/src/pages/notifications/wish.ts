import type { NewSubscription, Subscription } from "../../generated/clm-api.ts";

/** What can be heard of. */
export const EVENTS = [
  "certificate.issued",
  "certificate.revoked",
  "certificate.expiring",
  "request.waiting",
  "request.decided",
  "authority.expiring",
  "crl.expiring",
  "signer.unreachable",
  "signer.reachable",
] as const;

/** The ways. */
export const CHANNELS = ["mail", "contact", "webhook"] as const;

const OF_CERTIFICATES = ["certificate.issued", "certificate.revoked", "certificate.expiring"];
const OF_THE_PLATFORM = ["authority.expiring", "crl.expiring", "signer.unreachable", "signer.reachable"];
const COUNT_DAYS = ["certificate.expiring", "authority.expiring"];
const MOST_DAYS = 3650;
const MOST_THRESHOLDS = 10;

/** A subscription as it is filled in. */
export type Draft = {
  name: string;
  channel: string;
  recipient: string;
  events: string[];
  days: string;
  realm: string;
  policy: string;
  language: string;
};

/** Fields that are wrong, by what is wrong with them. */
export type Faults = Partial<Record<"name" | "recipient" | "days", "name" | "mail" | "url" | "days">>;

/** What the form begins with. */
export function draftOf(subscription: Subscription | undefined, language: string): Draft {
  return {
    name: subscription?.name ?? "",
    channel: subscription?.channel ?? "mail",
    recipient: subscription?.recipient ?? "",
    events: subscription?.events ?? ["certificate.expiring"],
    days: (subscription ? subscription.days.toSorted((one, other) => other - one) : [30, 7, 1]).join(", "),
    realm: subscription?.realm ?? "",
    policy: subscription?.policy ?? "",
    language: subscription?.language ?? language,
  };
}

/** Whether an event can be told by that way and of that place: contacts hear of certificates, a realm of its own. */
export function fits(event: string, { channel, realm, policy }: Draft): boolean {
  if (channel === "contact" && !OF_CERTIFICATES.includes(event)) return false;
  return !((realm || policy) && OF_THE_PLATFORM.includes(event));
}

/** Whether any of the events is told so many days before. */
export const countsDays = (events: string[]) => events.some((event) => COUNT_DAYS.includes(event));

/** What stands in the field, as numbers; `undefined` when it is anything else. */
export function daysIn(text: string): number[] | undefined {
  const parts = text.split(/[\s,;]+/).filter(Boolean);
  const days = [...new Set(parts.map(Number))];
  const good = days.every((one) => Number.isInteger(one) && one >= 1 && one <= MOST_DAYS);
  return good && days.length > 0 && days.length <= MOST_THRESHOLDS ? days : undefined;
}

/** What is told while it is typed; CLM has the last word. */
export function faultsOf(draft: Draft): Faults {
  const faults: Faults = {};
  if (!/^[a-z0-9-]{1,48}$/.test(draft.name)) faults.name = "name";
  if (draft.channel === "mail" && !/^[^\s@]+@[^\s@]+$/.test(draft.recipient.trim()))
    faults.recipient = "mail";
  if (draft.channel === "webhook" && !/^https:\/\/[^\s/]+/.test(draft.recipient.trim())) {
    faults.recipient = "url";
  }
  if (countsDays(chosen(draft)) && !daysIn(draft.days)) faults.days = "days";
  return faults;
}

/** The events that are chosen and can be told. */
export const chosen = (draft: Draft) => draft.events.filter((event) => fits(event, draft));

/** What CLM is asked for. */
export function wishOf(draft: Draft, active: boolean): NewSubscription & { name: string } {
  const events = chosen(draft);
  return {
    name: draft.name,
    channel: draft.channel,
    recipient: draft.channel === "contact" ? "" : draft.recipient.trim(),
    events,
    days: countsDays(events) ? (daysIn(draft.days) ?? []) : [],
    realm: draft.realm,
    policy: draft.policy,
    language: draft.language,
    active,
  };
}

/** The same subscription, paused or going on; refused when somebody changed it meanwhile. */
export function withActive(subscription: Subscription, active: boolean) {
  const wish = wishOf(draftOf(subscription, subscription.language), active);
  return { ...wish, version: subscription.version };
}
