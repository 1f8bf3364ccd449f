// A login's page: its step while there is one, why it is as it is, and how it came there.

import { find, get, remove } from "./api.js";
import { evidence, facts, gone, part, reasons } from "./account.js";
import { card } from "./card.js";
import { sure } from "./dialogs.js";
import { h, run, toast } from "./dom.js";
import { renew } from "./inbox.js";
import { soon } from "./live.js";
import { face, mark, sessionMark } from "./rows.js";
import { stepOf, whose } from "./steps.js";
import { say } from "./words.js";
import { clock, moment } from "./time.js";

const isInFlight = (session) => !["online", "dropped"].includes(session.state);

export function sessionPage(wId) {
  const element = h("article.page", { "aria-busy": "true" }, h("p.quiet", {}, say.loading));
  const stepPlace = h("div.cards.one", { hidden: true });
  let step = null;
  let drawn = "";

  async function look() {
    const session = await find(["sessions", wId]);
    if (!session) return gone(element, say.noSuchSession);
    const [why, { history }] = await Promise.all([get(["sessions", wId, "why"]), get(["sessions", wId, "history"])]);
    stepPlace.hidden = !isInFlight(session);
    if (isInFlight(session)) {
      if (step) step.update(stepOf(session));
      else {
        step = card(stepOf(session), { renew, single: true, gone: soon });
        stepPlace.replaceChildren(step.element);
      }
    }
    const key = JSON.stringify([session, why]);
    if (key === drawn) return;
    drawn = key;
    draw(session, why, history);
  }

  function draw(session, why, history) {
    const name = whose(session);
    document.title = `${name} · wxlogind`;
    const link = (id) => id && h("a", { href: `#/sessions/${encodeURIComponent(id)}` }, h("code", {}, id));
    const [word, question, done] = isInFlight(session) ? [say.act.abandon, "abandon", say.done.abandon] : [say.act.end, "logout", say.done.logout];
    const end = session.state === "dropped" ? null : h("button.button.danger", { type: "button", data: { act: "end" }, onclick: () => run(end, async () => {
      if (!(await sure(question, name))) return;
      await remove(["sessions", wId]);
      toast(done);
      soon();
    }) }, word);
    const steps = history.map((step) => ({ at: step.at, from: step.to, what: step.why }));
    element.removeAttribute("aria-busy");
    element.replaceChildren(
      h("nav.crumb", {}, h("a", { href: session.wcId ? `#/accounts/${encodeURIComponent(session.wcId)}` : "#/?list=sessions" }, session.wcId ? `‹ ${say.account}` : `‹ ${say.sessions}`)),
      h("header.head", {}, face(name),
        h("div", {}, h("h1", {}, name), h("p.sub", {}, sessionMark(session), session.drop && mark(say.reasons[session.drop.reason] ?? session.drop.reason, "rest"), h("code.soft", {}, wId))),
        h("div.acts", {}, end)),
      stepPlace,
      h("div.columns", {},
        h("div", {}, part(say.why, ...reasons(why)), session.drop?.detail && h("p.quiet", {}, session.drop.detail), part(say.history, evidence(steps))),
        h("div", {}, part(say.session, facts([
          [say.facts.wId, h("code", {}, wId)], [say.facts.wcId, session.wcId && h("a", { href: `#/accounts/${encodeURIComponent(session.wcId)}` }, h("code", {}, session.wcId))],
          [say.facts.label, session.label], [say.facts.device, session.deviceType === "mac" ? "Mac" : "iPad"],
          [say.facts.began, clock(session.createdAt, moment)], [say.facts.predecessor, link(session.predecessor)], [say.facts.successor, link(session.successor)],
        ])))),
    );
  }

  return { element, look };
}
