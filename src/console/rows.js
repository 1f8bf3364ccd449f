// Accounts and logins as rows of a list, and the marks of their states.

import { h, put } from "./dom.js";
import { say } from "./words.js";
import { clock, setTime } from "./time.js";

// How an account stands, in one of the words of `say.standing`, and how urgent that is.
export function standing(account) {
  const phase = account.relogin?.phase;
  if (phase === "in-flight") return ["inFlight", "wait"];
  if (phase === "offered") return ["offered", "wait"];
  if (phase === "calling") return account.relogin.method === "popup" ? ["onPhone", "wait"] : ["calling", "busy"];
  if (account.online) return ["online", "good"];
  if (phase === "due") return ["due", "busy"];
  return account.rest ? ["resting", "rest"] : ["offline", "bad"];
}

const SESSION_MARKS = { online: "good", dropped: "rest", "qr-issued": "wait", "awaiting-verify": "wait", slider: "wait" };

// A dot and a word: the state is never told by colour alone.
export function mark(word, kind) {
  return h(`span.mark.${kind}`, {}, word);
}

export const accountMark = (account) => {
  const [word, kind] = standing(account);
  return mark(say.standing[word], kind);
};

export const sessionMark = (session) => mark(say.states[session.state] ?? session.state, SESSION_MARKS[session.state] ?? "rest");

// The one time that says most about an account.
export function tellingTime(account) {
  if (account.relogin?.phase === "due") return [say.dueAt, account.relogin.dueAt];
  if (account.relogin) return [say.since, account.relogin.dueAt];
  if (account.online && account.firstDropDueAt) return [say.dropDue, account.firstDropDueAt];
  if (account.online) return [say.sinceOnline, account.lastLoginAt];
  return [say.lostAt, account.lastDrop?.at ?? account.lastLoginAt];
}

function tellingTimeOf(session) {
  return session.state === "dropped" ? [say.reasons[session.drop.reason] ?? session.drop.reason, session.drop.at] : [say.since, session.stateSince];
}

// The first letter of a name, for a round picture of it: pictures from elsewhere are not loaded.
export function face(name) {
  const letter = [...name.replace(/^wxid_/, "")].find((character) => /[\p{L}\p{N}]/u.test(character)) ?? "?";
  const tone = [...name].reduce((sum, character) => (sum * 31 + character.codePointAt(0)) % 6, 0);
  return h(`span.face.tone-${tone}`, { "aria-hidden": "true" }, letter.toUpperCase());
}

// A row. `parts(item)` says what is in it: link, name, id, label, mark, [what, when].
function row(item, parts, pickLabel) {
  const link = h("a.row-link");
  const id = h("code");
  const label = h("button.tag", { type: "button", hidden: true, onclick: () => pickLabel(label.textContent) });
  const stand = h("span.stand");
  const [what, when] = [h("span"), clock(new Date(0).toISOString())];
  const element = h("li.row", {}, h("span.face-place"), h("div.name", {}, link, id), label, stand, h("span.when", {}, what, " ", when));
  let drawn = "";
  return {
    element,
    update(now) {
      const about = parts(now);
      const key = JSON.stringify([about.href, about.name, about.id, about.label, about.mark.textContent]);
      if (key !== drawn) {
        drawn = key;
        link.href = about.href;
        put(link, about.name);
        put(id, about.id === about.name ? "" : about.id);
        label.hidden = !about.label;
        put(label, about.label ?? "");
        label.title = about.label ? say.onlyLabel(about.label) : "";
        stand.replaceChildren(about.mark);
        element.firstElementChild.replaceWith(face(about.name));
      }
      put(what, about.time[0]);
      setTime(when, about.time[1]);
    },
  };
}

export const accountRow = (pickLabel) => (account) => row(account, (now) => ({
  href: `#/accounts/${encodeURIComponent(now.wcId)}`, name: now.profile?.nickName || now.label || now.wcId, id: now.wcId, label: now.label,
  mark: accountMark(now), time: tellingTime(now),
}), pickLabel);

export const sessionRow = (pickLabel) => (session) => row(session, (now) => ({
  href: `#/sessions/${encodeURIComponent(now.wId)}`, name: now.profile?.nickName || now.label || now.wcId || say.someone, id: now.wId, label: now.label,
  mark: sessionMark(now), time: tellingTimeOf(now),
}), pickLabel);
