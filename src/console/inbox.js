// The inbox: what people are to do, before everything else on the page.

import { find, get, post } from "./api.js";
import { card } from "./card.js";
import { announce, h, keep, put } from "./dom.js";
import { soon } from "./live.js";
import { stepOfAccount, whose } from "./steps.js";
import { now } from "./time.js";
import { say } from "./words.js";

const MOST = 500; // that the daemon names at once
const AT_FIRST = 8; // cards that are drawn until somebody wants more
const SOON = 3000; // a login that is due within this time is as good as begun
const RENEWALS = 3; // QRs that this page fetches by itself for one login that nobody scans

// Logins that were begun in this tab, by wId: the body to begin the next with, and how often that was done. A page that is
// loaded anew knows them still.
const KEPT_AS = "wxlogind-begun";
const begun = new Map(JSON.parse(sessionStorage.getItem(KEPT_AS) ?? "[]"));

function keepBegun(wId, how) {
  begun.set(wId, how);
  sessionStorage.setItem(KEPT_AS, JSON.stringify([...begun].slice(-50)));
}

// Notes a login that was begun here: its QR is replaced when it expires.
export function noteBegun(wId, body) {
  keepBegun(wId, { body, renewals: 0 });
}

// What follows an expired QR: a known account's next login, or the same once more for one that is not known yet. The
// key makes one login of it, however many pages ask.
export async function renew(step) {
  const before = begun.get(step.wId) ?? { body: step.label ? { label: step.label } : {}, renewals: 0 };
  if (step.wcId) {
    await post(["accounts", step.wcId, "relogin"], { method: "qr" });
  } else {
    const next = await post(["sessions"], before.body, { "idempotency-key": `again-${step.wId}`.slice(0, 64) });
    begun.delete(step.wId);
    keepBegun(next.wId, { ...before, renewals: before.renewals + 1 });
    follows.set(next.wId, step.wId);
  }
  soon();
}

// Which login came in place of which.
const follows = new Map();

export function inbox() {
  const kept = new Map(); // by place: a login that follows another one takes its place
  const leaving = new Map(); // by place: the steps of logins that have just ended
  const coming = new Map(); // by place: the steps of accounts whose next step is on its way
  const over = new Set(); // places of which nothing is to be seen any more
  let most = AT_FIRST;
  let known = null; // the wIds of the last look; null before the first
  const count = h("span.count", { hidden: true });
  const cards = h("div.cards");
  const more = h("button.button", { type: "button", hidden: true, onclick: () => {
    most += 24;
    soon();
  } }, say.restOfInbox);
  const empty = h("div.empty", { hidden: true }, h("p.big", {}, say.nothing), h("p", {}, say.nothingMore));
  const element = h("section.inbox", { "aria-labelledby": "inbox-title" }, h("h2", { id: "inbox-title" }, say.inbox, " ", count), empty, cards, more);

  // A step that is gone: how its login ended stays to be seen for a while.
  async function left(place, part) {
    if (leaving.has(place)) return;
    coming.delete(place);
    leaving.set(place, part.step);
    const { wId, wcId } = part.step;
    const stands = await find(wId ? ["sessions", wId] : ["accounts", wcId]).catch(() => undefined);
    if (stands === undefined) return leaving.delete(place);
    if (!wId) return followed(place, part, stands);
    const quietly = stands?.drop && ["abandoned", "superseded"].includes(stands.drop.reason);
    if (quietly || (stands && stands.state !== "online" && stands.state !== "dropped")) return away(place);
    part.end(stands);
    if (part.stage === "stale") {
      announce(say.expiredNow(whose(part.step)));
      const mine = begun.get(wId);
      if (mine && !wcId && mine.renewals < RENEWALS && !document.hidden) await renew(part.step).catch(() => {});
    }
  }

  // What came of a step that was no login's: it is online, or the next step is on its way.
  function followed(place, part, account) {
    const { step } = part;
    if (Date.parse(account?.lastLoginAt) > Date.parse(step.since)) return part.end({ state: "online" });
    if (!account?.relogin) return away(place);
    const { phase, dueAt: at } = account.relogin;
    const isLater = phase === "due" && Date.parse(at) > now() + SOON;
    part.update({ step: { ...step, kind: isLater ? "later" : "fetching", at } });
    // Looked at again with the next look.
    leaving.delete(place);
    coming.set(place, part.step);
  }

  function away(place) {
    leaving.delete(place);
    coming.delete(place);
    over.add(place);
    soon();
  }

  function draw(steps, next) {
    const places = steps.slice(0, most).map((step) => ({ step, place: placeOf(step) }));
    const there = new Set(places.map(({ place }) => place));
    for (const [place, part] of kept) {
      if (!there.has(place) && !over.has(place)) left(place, part);
    }
    for (const place of there) {
      leaving.delete(place);
      coming.delete(place);
      over.delete(place);
    }
    const staying = [...coming, ...leaving].map(([place, step]) => ({ step, place, gone: true }));
    const all = [...staying, ...places].sort((a, b) => order(a, kept) - order(b, kept));
    keep(cards, kept, all, (item) => item.place, (item) => numbered(item.step, item.place));
    for (const place of over) if (!kept.has(place)) over.delete(place);
    const waiting = steps.length;
    count.hidden = waiting === 0;
    put(count, say.count(waiting, Boolean(next)));
    more.hidden = waiting <= most || most >= MOST;
    empty.hidden = all.length > 0;
    if (known) {
      const fresh = steps.filter((step) => !known.has(nameOf(step)));
      for (const step of fresh.slice(0, 3)) announce(say.newStep(say.kinds[step.kind], whose(step)));
    }
    known = new Set(steps.map(nameOf));
    document.title = waiting ? `(${say.count(waiting, Boolean(next))}) wxlogind` : "wxlogind";
  }

  let turn = 0;
  function numbered(step, place) {
    const part = card(step, { renew, gone: () => away(place) });
    turn += 1;
    const { update } = part;
    return Object.defineProperties({ turn }, {
      ...Object.getOwnPropertyDescriptors(part),
      // A card that says how its login ended is not drawn anew.
      update: { value: (item) => item.gone || update(item.step) },
    });
  }

  return {
    element,
    async look() {
      const limit = Math.min(MOST, Math.max(100, most + 1));
      const [logins, others] = await Promise.all([get(["steps"], { limit }), get(["accounts"], { awaited: true, limit })]);
      // The two are not of one moment: what was a login's step is not an account's any more, or not yet.
      const known = new Set(logins.steps.map((step) => step.wcId));
      const waiting = others.accounts.map(stepOfAccount).filter((step) => !known.has(step.wcId));
      draw([...logins.steps, ...waiting], logins.next ?? others.next);
    },
  };
}

const nameOf = (step) => `${step.wId ?? step.wcId} ${step.kind}`;

// Cards keep their order; new ones come last.
const order = (item, kept) => kept.get(item.place)?.turn ?? Number.MAX_SAFE_INTEGER;

// An account has one card, whichever of its logins it is about; a login without an account goes on in the place of the
// one that it replaces.
function placeOf(step) {
  if (step.wcId) return `account ${step.wcId}`;
  let first = step.wId;
  while (follows.has(first)) first = follows.get(first);
  return `login ${first}`;
}
