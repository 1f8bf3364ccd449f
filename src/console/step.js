// The page of a one-time link: one step of one login, on the phone of whoever is to do it. It asks for nothing but what
// its link opens.

import { send, tellApi } from "./api.js";
import { announce, at, h, put, run } from "./dom.js";
import { over } from "./over.js";
import { say } from "./words.js";
import { clock, isPast, left, setTime } from "./time.js";

const EVERY = 1500; // between two looks
const HIDDEN = 10000; // … while nobody sees the page

// The page's own address is the link: what belongs to it lies below.
const below = (name) => `${location.pathname.split("/").pop()}/${name}`;

let drawn = ""; // what is shown: a kind of step, or how the login ended
let parts = {};
let timer = 0;
let looking = false;

const whose = (step) => step.label ?? step.nickName ?? say.someone;

function show(step) {
  const stage = step.kind === "scan" && isPast(step.deadline) ? "stale" : step.kind;
  if (stage !== drawn) {
    if (drawn) announce(say.newStep(say.kinds[stage] ?? say.stale, whose(step)));
    drawn = stage;
    parts = STEPS[stage](step);
    parts.countdown = clock(step.deadline, left, "left");
    const heading = h("h1", { id: "what" }, say.kinds[stage] ?? say.stale);
    const rest = h("p.card-left", { hidden: stage === "stale" }, parts.countdown, h("span", {}, ` ${say.left}`));
    at("main").replaceChildren(h(`article.card.${stage}`, { "aria-labelledby": "what" },
      h("header", {}, h("div", {}, heading, h("span.who", {}, whose(step))), rest), h("div.card-body", {}, parts.body)));
    document.title = `${heading.textContent} · ${whose(step)}`;
    parts.focus?.focus({ preventScroll: true });
  }
  setTime(parts.countdown, step.deadline);
  parts.update?.(step);
}

const STEPS = { scan, code, slider, stale };

function scan(step) {
  const picture = h("img", { src: below("qr"), alt: say.qrAlt(whose(step)), width: 300, height: 300, decoding: "async" });
  let tries = 0;
  picture.addEventListener("error", () => setTimeout(() => {
    tries += 1;
    if (picture.isConnected) picture.src = `${below("qr")}?try=${tries}`;
  }, 3000));
  return { body: [h("div.qr", {}, picture), h("p.how", {}, step.known ? say.scanHow : say.scanHowNew)] };
}

function stale() {
  return { body: [h("div.qr.old", { role: "img", "aria-label": say.stale }, h("span", {}, say.stale)), h("p.how", {}, say.staleHow)] };
}

function code(step) {
  const field = h("input", { type: "text", inputMode: "numeric", autocomplete: "one-time-code", required: true, maxLength: 64, spellcheck: false, id: "code", enterKeyHint: "send" });
  const button = h("button.button.main", { type: "submit" }, say.send);
  const note = h("p.how", { role: "status" });
  const form = h("form.code", { onsubmit: (event) => {
    event.preventDefault();
    const typed = field.value.trim();
    if (typed) run(button, async () => {
      await send("POST", below("verify"), { code: typed });
      field.value = "";
      soon();
    });
  } }, h("label", { htmlFor: "code" }, say.code), h("div", {}, field, button));
  return {
    focus: field,
    body: [h("p.prompt", { lang: "zh-CN" }, step.prompt ?? ""), form, note],
    update(now) {
      field.disabled = button.disabled = now.inFlight;
      note.classList.toggle("bad", !now.inFlight && now.attempts > 0);
      put(note, now.inFlight ? say.codeSent : now.attempts ? say.codeWrong(now.attempts) : say.codeHow);
    },
  };
}

function slider(step) {
  const note = h("p.how", { role: "status" });
  const button = h("button.button", { type: "button", onclick: () => run(button, async () => {
    await send("POST", below("slider-done"));
    soon();
  }) }, say.sliderDone);
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

// The last thing that is shown: nothing is asked for any more.
function end(standing) {
  drawn = standing;
  const good = standing === "online" && h("div.qr.good", { "aria-hidden": "true" }, h("span", {}, "✓"));
  const told = standing === "online" ? h("section.over", {}, good, h("h1", {}, say.online), h("p", {}, say.link.done)) : over();
  at("main").replaceChildren(told);
  announce(told.textContent);
}

function soon() {
  clearTimeout(timer);
  timer = setTimeout(look, 150);
}

async function look() {
  if (looking) return;
  looking = true;
  clearTimeout(timer);
  try {
    const told = await send("GET", below("state"));
    if (told.standing !== "waiting") return end(told.standing);
    show(told);
  } catch (error) {
    if (error.code === "not-found") return end("over");
  } finally {
    looking = false;
  }
  timer = setTimeout(look, document.hidden ? HIDDEN : EVERY);
}

tellApi(() => {}, (answers) => {
  at("lost").hidden = answers;
  put(at("lost"), answers ? "" : say.lost);
});
document.addEventListener("visibilitychange", () => {
  if (!document.hidden && !["online", "ended", "over"].includes(drawn)) look();
});
look();
