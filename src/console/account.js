// An account's page: what to do now, why it is as it is, its life, its logins, and what can be done with it.

import { find, get, patch, post, remove } from "./api.js";
import { card } from "./card.js";
import { rename, sure } from "./dialogs.js";
import { h, run, toast } from "./dom.js";
import { renew } from "./inbox.js";
import { soon } from "./live.js";
import { accountMark, face, sessionMark } from "./rows.js";
import { stepOf, stepOfAccount } from "./steps.js";
import { say } from "./words.js";
import { clock, moment } from "./time.js";
import { timeline } from "./timeline.js";

const nameOf = (account) => account.profile?.nickName || account.label || account.wcId;

// What was observed, newest first, as a table.
export function evidence(list) {
  if (!list.length) return h("p.quiet", {}, say.noEvidence);
  const rows = [...list].reverse().map((seen) => h("tr", {},
    h("td", {}, clock(seen.at, moment)), h("td", {}, seen.from === "person" ? say.person : h("code", {}, seen.from)), h("td", { lang: "en" }, seen.what)));
  return h("table", {}, h("thead", {}, h("tr", {}, ...[say.when, say.from, say.what].map((name) => h("th", { scope: "col" }, name)))), h("tbody", {}, ...rows));
}

// Why, what comes next, and what a person must do.
export function reasons(why) {
  const next = why.next && h("p", {}, h("b", {}, say.next_), ", ", clock(why.next.at), ": ", h("span", { lang: "en" }, why.next.what));
  return [why.todo && h("div.todo", {}, h("h3", {}, say.todo), h("p", { lang: "en" }, why.todo)), h("p.lead", { lang: "en" }, why.what), next];
}

export function facts(pairs) {
  const known = pairs.filter(([, value]) => value);
  return h("dl.facts", {}, ...known.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
}

// A part of a page with its heading.
export function part(title, ...content) {
  return h("section.part", {}, h("h2", {}, title), ...content);
}

export function accountPage(wcId) {
  const element = h("article.page", { "aria-busy": "true" }, h("p.quiet", {}, say.loading));
  const stepPlace = h("div.cards.one", { hidden: true });
  let step = null; // the card of the login that waits for a person
  let drawn = "";

  async function look() {
    const account = await find(["accounts", wcId]);
    if (!account) return gone(element, say.noSuchAccount);
    const [why, page] = await Promise.all([get(["accounts", wcId, "why"]), get(["sessions"], { wcId, order: "newest", limit: 50 })]);
    showStep(account, page.sessions);
    const key = JSON.stringify([account, why, page.sessions.map((session) => session.version)]);
    if (key === drawn) return;
    drawn = key;
    draw(account, why, page.sessions);
  }

  // What a person is to do, if anything: the same card as in the inbox.
  function showStep(account, sessions) {
    const session = sessions.find((session) => ["qr-issued", "awaiting-verify", "slider"].includes(session.state));
    const now = session ? stepOf(session) : stepOfAccount(account);
    stepPlace.hidden = !now;
    if (!now) {
      step = null;
      return stepPlace.replaceChildren();
    }
    if (step) return step.update(now);
    step = card(now, { renew, single: true, gone: soon });
    stepPlace.replaceChildren(step.element);
  }

  function draw(account, why, sessions) {
    const name = nameOf(account);
    document.title = `${name} · wxlogind`;
    const auto = h("input", { type: "checkbox", id: "auto", checked: account.autoRelogin, role: "switch", onchange: () => run(auto, async () => {
      await patch(["accounts", wcId], { autoRelogin: auto.checked });
      toast(say.done.auto(auto.checked));
      soon();
    }) });
    const { profile = {} } = account;
    const focused = document.activeElement?.dataset?.act;
    element.removeAttribute("aria-busy");
    element.replaceChildren(
      h("nav.crumb", {}, h("a", { href: "#/" }, `‹ ${say.toAll}`)),
      h("header.head", {}, face(name),
        h("div", {}, h("h1", {}, name), h("p.sub", {}, accountMark(account), account.label && h("span.tag", {}, account.label), h("span.soft", {}, account.settled ? say.settled : say.notSettled))),
        h("div.acts", {}, ...actions(account))),
      stepPlace,
      h("div.columns", {},
        h("div", {}, part(say.why, ...reasons(why)), part(say.evidence, evidence(why.evidence))),
        h("div", {}, part(say.life, !account.settled && h("p.quiet", {}, say.notSettledHow), timeline(account, sessions)),
          part(say.about,
            h("div.switch", {}, auto, h("label", { htmlFor: "auto" }, say.act.auto, h("small", {}, say.act.autoHow))),
            facts([[say.facts.wcId, h("code", {}, wcId)], [say.facts.wAccount, profile.wAccount], [say.facts.phone, profile.mobilePhone]])))),
      part(say.logins, h("ul.rows.small", { role: "list" }, ...sessions.map(loginRow))),
    );
    if (focused) element.querySelector(`[data-act="${focused}"]`)?.focus({ preventScroll: true });
  }

  function actions(account) {
    const who = nameOf(account);
    const button = (name, word, kind, act) => {
      const element = h(`button.button.${kind}`, { type: "button", data: { act: name }, onclick: () => run(element, act) }, word);
      return element;
    };
    const relogin = async (force) => {
      if (force && !(await sure("relogin", who))) return;
      await post(["accounts", wcId, "relogin"], force ? { force } : {});
      toast(say.done.relogin);
      soon();
    };
    const logout = async () => {
      if (!(await sure("logout", who))) return;
      await remove(["sessions", account.currentWId]);
      toast(say.done.logout);
      soon();
    };
    const forget = async () => {
      if (!(await sure("forget", who))) return;
      await remove(["accounts", wcId]);
      toast(say.done.forget);
      location.hash = "#/";
    };
    return [
      account.online ? button("relogin", say.act.reloginOnline, "plain", () => relogin(true)) : button("relogin", say.act.relogin, "main", () => relogin(false)),
      button("label", say.act.label, "plain", () => rename(account)),
      account.online ? button("logout", say.act.logout, "danger", logout) : button("forget", say.act.forget, "danger", forget),
    ];
  }

  return { element, look };
}

function loginRow(session) {
  const why = session.drop ? say.reasons[session.drop.reason] ?? session.drop.reason : "";
  return h("li.row", {}, h("div.name", {}, h("a.row-link", { href: `#/sessions/${encodeURIComponent(session.wId)}` }, h("code", {}, session.wId))), h("span.stand", {}, sessionMark(session)), h("span.when", {}, why, " ", clock(session.drop?.at ?? session.stateSince)));
}

// What an unknown name leads to.
export function gone(element, sentence) {
  element.removeAttribute("aria-busy");
  element.replaceChildren(h("nav.crumb", {}, h("a", { href: "#/" }, `‹ ${say.toAll}`)), h("div.empty", {}, h("p.big", {}, sentence)));
}
