// One step of one login as a card: its QR, its code field or its slider, and how long there is for it.

import { get, post, remove } from "./api.js";
import { claim } from "./claim.js";
import { sure } from "./dialogs.js";
import { announce, h, put, run, toast } from "./dom.js";
import { soon } from "./live.js";
import { say } from "./words.js";
import { clock, isPast, left, onTick, setTime } from "./time.js";

// Who a step or a login is about, in a few characters.
export const whose = (of) => of.label ?? of.nickName ?? of.profile?.nickName ?? of.wcId ?? say.someone;

// The card of a step. `renew(step)` begins what follows an expired QR; `gone(card)` is called when it may go.
// A card lives longer than its step: it says how the login ended.
export function card(first, { renew, gone = () => {}, single = false }) {
  let step = first;
  let stage = ""; // what is drawn: kind, or "stale", "online", "ended"
  let drawn = "";
  const heading = h("h3", {});
  const who = h(single ? "span.who" : "a.who", single ? {} : { href: linkOf(step) });
  const countdown = clock(step.deadline, left, "left");
  const since = h("p.card-left", {}, countdown, h("span", {}, ` ${say.left}`));
  const body = h("div.card-body");
  const foot = h("div.card-foot");
  // Where others see it: at the inbox.
  const claimed = single ? null : claim();
  const element = h("article.card", { "aria-labelledby": `step-${step.wId}` }, h("header", {}, h("div", {}, heading, who), since), body, foot);

  function draw() {
    const key = `${stage} ${step.wId}`;
    if (key === drawn) return;
    drawn = key;
    heading.id = `step-${step.wId}`;
    element.setAttribute("aria-labelledby", heading.id);
    element.className = `card ${stage}`;
    since.hidden = ["stale", "online", "ended"].includes(stage);
    put(heading, titleOf(stage));
    parts = (PARTS[stage] ?? ended)(step, { renew, gone, draw: redraw });
    body.replaceChildren(...parts.body);
    foot.replaceChildren(...(parts.foot ?? [claimed?.element, giveUp(step)].filter(Boolean)));
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
    update(now) {
      const isOther = now.wId !== step.wId;
      step = now;
      put(who, whose(step));
      if (who.href !== undefined) who.href = linkOf(step);
      setTime(countdown, step.deadline);
      const next = step.kind === "scan" && isPast(step.deadline) ? "stale" : step.kind;
      const moves = next !== stage || isOther;
      stage = next;
      draw();
      parts.update?.(step);
      claimed?.update(step);
      if (moves && stage === "code") parts.focus?.();
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
    element.classList.toggle("hurry", !since.hidden && Date.parse(step.deadline) - Date.now() < 30000);
    if (stage === "scan" && isPast(step.deadline)) {
      redraw("stale");
      soon();
    }
    return true;
  });
  made.update(first);
  return made;
}

const linkOf = (step) => (step.wcId ? `#/accounts/${encodeURIComponent(step.wcId)}` : `#/sessions/${encodeURIComponent(step.wId)}`);

function titleOf(stage) {
  if (stage === "stale") return say.stale;
  return say.kinds[stage] ?? (stage === "online" ? say.online : say.ended);
}

const PARTS = { scan, code, slider, stale, online };

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
  return { body: [h("div.qr.old", { role: "img", "aria-label": say.stale }, h("span", {}, say.stale)), due, button], foot: [away] };
}

function code(step) {
  const field = h("input", { type: "text", inputMode: "numeric", autocomplete: "one-time-code", required: true, maxLength: 64, spellcheck: false, id: `code-${step.wId}`, enterKeyHint: "send" });
  const button = h("button.button.main", { type: "submit" }, say.send);
  const note = h("p.how", { role: "status" });
  const form = h("form.code", { onsubmit: (event) => {
    event.preventDefault();
    const typed = field.value.trim();
    if (typed) run(button, async () => {
      await post(["sessions", step.wId, "verify"], { code: typed });
      field.value = "";
      soon();
    });
  } }, h("label", { htmlFor: field.id }, say.code), h("div", {}, field, button));
  return {
    body: [h("p.prompt", { lang: "zh-CN" }, step.prompt ?? ""), form, note],
    update(now) {
      form.classList.toggle("sent", now.inFlight);
      field.disabled = button.disabled = now.inFlight;
      note.classList.toggle("bad", !now.inFlight && now.attempts > 0);
      put(note, now.inFlight ? say.codeSent : now.attempts ? say.codeWrong(now.attempts) : say.codeHow);
    },
    // Where nobody is typing elsewhere.
    focus() {
      const active = document.activeElement;
      if (!active || !active.matches("input, textarea, select, dialog *")) field.focus({ preventScroll: true });
    },
  };
}

function slider(step) {
  const note = h("p.how", { role: "status" });
  const button = h("button.button", { type: "button", onclick: () => run(button, async () => {
    await post(["sessions", step.wId, "slider-done"]);
    soon();
  }) }, say.sliderDone);
  const link = h("a.button.main", { href: isWeb(step.url) ? step.url : "#/", target: "_blank", rel: "noopener noreferrer" }, say.openSlider);
  return {
    body: [h("div.slide", { "aria-hidden": "true" }), note, h("div.acts", {}, link, button)],
    update(now) {
      button.disabled = now.inFlight;
      put(note, now.inFlight ? say.sliderSent : say.sliderHow);
    },
  };
}

// The platform names the page: nothing but a web page is opened.
const isWeb = (url) => /^https?:\/\//i.test(url ?? "");

function online(step, { gone }) {
  announce(say.nowOnline(whose(step)));
  setTimeout(gone, 6000);
  return { body: [h("div.qr.good", { "aria-hidden": "true" }, h("span", {}, "✓")), h("p.how", {}, say.nowOnline(whose(step)))], foot: [] };
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
