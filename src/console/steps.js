// What a person is to do, as its parts: the same at the inbox and behind a one-time link. Each gives {body, update(step),
// focus}; `act` passes on what the person did, and comes back once the daemon has taken it in.

import { h, put, run } from "./dom.js";
import { clock, setTime } from "./time.js";
import { say } from "./words.js";

// Who a step or a login is about, in a few characters.
export const whose = (of) => of.label ?? of.nickName ?? of.profile?.nickName ?? of.wcId ?? say.someone;

// A login in flight as a step.
export function stepOf(session) {
  const { wId, wcId, label, verify, slider, qr, stateSince: since } = session;
  const about = { wId, wcId, label, since };
  if (verify) return { ...about, kind: "code", prompt: verify.prompt, attempts: verify.attempts, inFlight: verify.inFlight, deadline: verify.deadline };
  if (slider) return { ...about, kind: "slider", url: slider.url, inFlight: slider.saidDone, deadline: slider.deadline };
  return { ...about, kind: "scan", inFlight: false, deadline: qr.expiresAt };
}

// What is to be done for an account while none of its logins is in flight, if anything is.
export function stepOfAccount({ wcId, label, profile, relogin }) {
  return relogin?.awaits ? { wcId, label, nickName: profile?.nickName, since: relogin.dueAt, kind: relogin.awaits } : null;
}

export function code(step, act) {
  const field = h("input", { type: "text", inputMode: "numeric", autocomplete: "one-time-code", required: true, maxLength: 64, spellcheck: false, id: `code-${step.wId ?? ""}`, enterKeyHint: "send" });
  const button = h("button.button.main", { type: "submit" }, say.send);
  const note = h("p.how", { role: "status" });
  const form = h("form.code", { onsubmit: (event) => {
    event.preventDefault();
    const typed = field.value.trim();
    if (typed) run(button, async () => {
      await act(typed);
      field.value = "";
    });
  } }, h("label", { htmlFor: field.id }, say.code), h("div", {}, field, button));
  return {
    body: [h("p.prompt", { lang: "zh-CN" }, step.prompt ?? ""), form, note],
    update(now) {
      field.disabled = button.disabled = now.inFlight;
      note.classList.toggle("bad", !now.inFlight && now.attempts > 0);
      put(note, now.inFlight ? say.codeSent : now.attempts ? say.codeWrong(now.attempts) : say.codeHow);
    },
    // Where nobody is typing elsewhere.
    focus() {
      if (!document.activeElement?.matches("input, textarea, select, dialog *")) field.focus({ preventScroll: true });
    },
  };
}

export function slider(step, act) {
  const note = h("p.how", { role: "status" });
  const button = h("button.button", { type: "button", onclick: () => run(button, act) }, say.sliderDone);
  // The platform names the page: nothing but a web page is opened.
  const link = /^https?:\/\//i.test(step.url ?? "") && h("a.button.main", { href: step.url, target: "_blank", rel: "noopener noreferrer" }, say.openSlider);
  return {
    body: [h("div.slide", { "aria-hidden": "true" }), note, h("div.acts", {}, link, button)],
    update(now) {
      button.disabled = now.inFlight;
      put(note, now.inFlight ? say.sliderSent : say.sliderHow);
    },
  };
}

// The phone shows a box.
export function confirm() {
  return { body: [h("div.phone", { "aria-hidden": "true" }, h("span", {}, "?")), h("p.how", {}, say.confirmHow)] };
}

// A login that is due waits to be opened.
export function open(act) {
  const button = h("button.button.main", { type: "button", onclick: () => run(button, act) }, say.form.go);
  return { body: [h("p.how", {}, say.openHow), h("div.acts", {}, button)] };
}

// Its QR is on its way.
export const fetching = () => ({ body: [h("p.how", {}, say.fetchingHow)] });

// It came to nothing, and begins anew by itself, or can be opened, at its time.
export function later({ at }) {
  const when = clock(at);
  return { body: [h("p.how", {}, say.laterHow, " ", when, ".")], update: (now) => setTime(when, now.at) };
}

// In the place of a QR.
export const expired = () => h("div.qr.old", { role: "img", "aria-label": say.stale }, h("span", {}, say.stale));
export const done = () => h("div.qr.good", { "aria-hidden": "true" }, h("span", {}, "✓"));
