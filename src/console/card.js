// One step as a card: its QR, its code field, its slider or what else is to be done, and how long there is for it.

import { get, post, remove } from "./api.js";
import { claim } from "./claim.js";
import { sure } from "./dialogs.js";
import { announce, h, put, run, toast } from "./dom.js";
import { soon } from "./live.js";
import * as steps from "./steps.js";
import { whose } from "./steps.js";
import { say } from "./words.js";
import { clock, isPast, left, now, onTick, setTime } from "./time.js";

// The card of a step. `renew(step)` begins what follows an expired QR; `gone(card)` is called when it may go.
// A card lives longer than its step: it says how the login ended.
export function card(first, { renew, gone = () => {}, single = false }) {
  let step = first;
  let stage = ""; // what is drawn: kind, or "stale", "online", "ended"
  let drawn = "";
  const heading = h("h3", {});
  const who = h(single ? "span.who" : "a.who", single ? {} : { href: linkOf(step) });
  const countdown = clock(step.deadline ?? step.since, left, "left");
  const since = h("p.card-left", {}, countdown, h("span", {}, ` ${say.left}`));
  const body = h("div.card-body");
  const foot = h("div.card-foot");
  // Where others see it: at the inbox.
  const claimed = single ? null : claim();
  const element = h("article.card", { "aria-labelledby": `step-${idOf(step)}` }, h("header", {}, h("div", {}, heading, who), since), body, foot);

  function draw() {
    const key = `${stage} ${idOf(step)}`;
    if (key === drawn) return;
    drawn = key;
    heading.id = `step-${idOf(step)}`;
    element.setAttribute("aria-labelledby", heading.id);
    element.className = `card ${stage}`;
    since.hidden = !step.deadline || ["stale", "online", "ended"].includes(stage);
    put(heading, titleOf(stage));
    parts = (PARTS[stage] ?? ended)(step, { renew, gone, draw: redraw });
    body.replaceChildren(...parts.body);
    foot.replaceChildren(...(parts.foot ?? (step.wId ? [claimed?.element, giveUp(step)].filter(Boolean) : [])));
  }

  let parts = { body: [] };
  const redraw = (next) => {
    stage = next;
    draw();
  };

  const made = {
    element,
    get step() {
      return step;
    },
    get stage() {
      return stage;
    },
    // The step as it is now.
    update(next) {
      const isOther = idOf(next) !== idOf(step);
      step = next;
      put(who, whose(step));
      if (who.href !== undefined) who.href = linkOf(step);
      setTime(countdown, step.deadline ?? step.since);
      const now = step.kind === "scan" && isPast(step.deadline) ? "stale" : step.kind;
      const moves = now !== stage || isOther;
      stage = now;
      draw();
      parts.update?.(step);
      claimed?.update(step);
      if (moves) parts.focus?.();
    },
    // The step is no more: how the login stands instead.
    end(session) {
      const expired = session?.drop?.reason === "expired" && step.kind === "scan";
      if (session?.state === "online") redraw("online");
      else if (!session || expired) redraw(step.kind === "scan" ? "stale" : "ended");
      else redraw("ended");
      if (stage === "ended") parts.update?.(session);
    },
  };
  onTick(() => {
    if (drawn && !element.isConnected) return false;
    element.classList.toggle("hurry", !since.hidden && Date.parse(step.deadline) - now() < 30000);
    if (stage === "scan" && isPast(step.deadline)) {
      redraw("stale");
      soon();
    }
    return true;
  });
  made.update(first);
  return made;
}

const idOf = (step) => step.wId ?? step.wcId;
const linkOf = (step) => (step.wcId ? `#/accounts/${encodeURIComponent(step.wcId)}` : `#/sessions/${encodeURIComponent(step.wId)}`);

function titleOf(stage) {
  if (stage === "stale") return say.stale;
  return say.kinds[stage] ?? (stage === "online" ? say.online : say.ended);
}

const PARTS = { scan, code, slider, confirm: steps.confirm, open, fetching: steps.fetching, later, stale, online };

function scan(step) {
  const picture = h("img", { src: picturePath(step), alt: say.qrAlt(whose(step)), width: 232, height: 232, decoding: "async" });
  const frame = h("button.qr", { type: "button", title: say.enlarge, "aria-label": say.enlarge, "aria-pressed": "false", onclick: () => {
    const large = frame.classList.toggle("large");
    frame.setAttribute("aria-pressed", String(large));
    frame.title = large ? say.smaller : say.enlarge;
  } }, picture);
  let tries = 0;
  picture.addEventListener("error", () => {
    const again = h("button.button", { type: "button", onclick: () => {
      tries += 1;
      picture.src = picturePath(step, tries);
      failed.replaceWith(frame);
    } }, say.again);
    const failed = h("div.qr.failed", {}, h("p", {}, say.qrFailed), again);
    if (frame.isConnected) frame.replaceWith(failed);
  });
  return { body: [frame, h("p.how", {}, step.wcId ? say.scanHow : say.scanHowNew)] };
}

// The address changes with the login, so that no browser shows the picture of an older one.
function picturePath(step, tries = 0) {
  return `v1/sessions/${encodeURIComponent(step.wId)}/qr${tries ? `?try=${tries}` : ""}`;
}

function stale(step, { renew, gone }) {
  const due = h("p.how", {}, say.staleHow);
  const button = h("button.button.main", { type: "button", onclick: () => run(button, () => renew(step)) }, say.renew);
  // A login that the daemon is going to begin by itself says when.
  const told = async () => {
    if (!step.wcId) return;
    const account = await get(["accounts", step.wcId]);
    if (account.online) return gone();
    if (account.relogin?.phase === "due") due.append(" ", say.staleDue, " ", clock(account.relogin.dueAt));
  };
  told().catch(() => {});
  const away = h("button.button.quiet", { type: "button", onclick: () => gone() }, say.dismiss);
  return { body: [steps.expired(), due, button], foot: [away] };
}

function code(step) {
  return steps.code(step, async (code) => {
    await post(["sessions", step.wId, "verify"], { code });
    soon();
  });
}

function slider(step) {
  return steps.slider(step, async () => {
    await post(["sessions", step.wId, "slider-done"]);
    soon();
  });
}

function open(step) {
  return steps.open(async () => {
    await post(["accounts", step.wcId, "relogin"], {});
    soon();
  });
}

function later(step, { gone }) {
  return { ...steps.later(step), foot: [h("button.button.quiet", { type: "button", onclick: () => gone() }, say.dismiss)] };
}

function online(step, { gone }) {
  announce(say.nowOnline(whose(step)));
  setTimeout(gone, 6000);
  return { body: [steps.done(), h("p.how", {}, say.nowOnline(whose(step)))], foot: [] };
}

function ended(step, { gone }) {
  const why = h("p.how", {});
  return {
    body: [why],
    foot: [h("button.button.quiet", { type: "button", onclick: () => gone() }, say.dismiss)],
    update(session) {
      if (session?.drop) put(why, `${say.reasons[session.drop.reason] ?? session.drop.reason}. ${session.drop.detail ?? ""}`);
    },
  };
}

function giveUp(step) {
  return h("button.button.quiet", { type: "button", onclick: async () => {
    if (!(await sure("abandon", whose(step)))) return;
    await remove(["sessions", step.wId]).then(() => toast(say.done.abandon), (error) => toast(error.message, "bad"));
    soon();
  } }, say.abandon);
}
