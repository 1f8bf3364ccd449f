// The life of an account as a line in time: what has been, now, and what is known to come.

import { h } from "./dom.js";
import { say } from "./words.js";
import { clock, isPast, moment, now } from "./time.js";

const NOT_ONLINE = ["expired", "failed", "declined", "abandoned"];

// What happened and will, oldest first: {at, kind, title, hint?, href?}.
function entries(account, sessions) {
  const words = say.life_;
  const list = [];
  const link = (session) => `#/sessions/${encodeURIComponent(session.wId)}`;
  const began = (session) => (session.state === "online" ? session.stateSince : session.createdAt);
  const ups = sessions.filter((session) => session.state === "online" || (session.drop && !NOT_ONLINE.includes(session.drop.reason)));
  const firstAt = Date.parse(account.firstLoginAt);
  // A login that ended is known by when its QR was fetched: the one that was the first went online at `firstLoginAt`.
  const isFirst = (session) => Math.abs(Date.parse(began(session)) - firstAt) < 1000 || (!session.predecessor && Date.parse(session.createdAt) <= firstAt);
  const first = ups.find(isFirst);
  list.push({ at: account.firstLoginAt, kind: "up", title: words.first, href: first && link(first) });
  for (const session of ups) {
    if (session !== first) list.push({ at: began(session), kind: "up", title: words.relogin, href: link(session) });
    if (session.drop && session.drop.reason !== "superseded") {
      list.push({ at: session.drop.at, kind: "down", title: words.lost(say.reasons[session.drop.reason] ?? session.drop.reason), hint: session.drop.detail, href: link(session) });
    }
  }
  for (const session of sessions) {
    if (session.drop && NOT_ONLINE.includes(session.drop.reason)) {
      list.push({ at: session.drop.at, kind: "none", title: words.attempt(say.reasons[session.drop.reason]), href: link(session) });
    }
  }
  if (account.firstDropDueAt) list.push({ at: account.firstDropDueAt, kind: "known", title: words.drop, hint: words.dropHint });
  list.push({ at: account.momentsAllowedAt, kind: "known", title: words.moments });
  // What an account that is offline was to hold until is no promise any more.
  if (account.online && account.stableUntil) list.push({ at: account.stableUntil, kind: "known", title: words.stable, hint: words.stableHint });
  if (account.relogin?.phase === "due") {
    list.push({ at: account.relogin.dueAt, kind: "known", title: words.due, hint: words.dueHint(account.relogin.attempt, say.methods[account.relogin.method] ?? "") });
  }
  list.push({ at: new Date(now()).toISOString(), kind: "now", title: words.now, hint: account.online ? words.current : "" });
  return list.sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
}

// How far the account is between its last login and the day until which it holds, from 0 to 1.
function share(account) {
  if (!account.online || !account.stableUntil) return null;
  const [from, to] = [Date.parse(account.lastLoginAt), Date.parse(account.stableUntil)];
  return Math.min(1, Math.max(0, (now() - from) / (to - from)));
}

export function timeline(account, sessions) {
  const items = entries(account, sessions).map((entry) => {
    const title = entry.href ? h("a", { href: entry.href }, entry.title) : h("strong", {}, entry.title);
    const ahead = entry.kind !== "now" && !isPast(entry.at);
    const hint = entry.hint ? h("p", {}, entry.hint) : null;
    const when = h("span.at", {}, clock(entry.at, moment), entry.kind === "now" ? null : clock(entry.at));
    return h(`li.${entry.kind}${ahead ? ".ahead" : ""}`, entry.kind === "now" ? { "aria-current": "time" } : {}, when, h("div", {}, title, hint));
  });
  const held = share(account);
  const bar = held === null ? null : h("progress", { max: 1, value: held, "aria-label": `${say.renewBy} ${moment(account.stableUntil)}` });
  return h("div.life", {}, bar, h("ol.line", {}, ...items));
}
