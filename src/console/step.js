// The page of a one-time link: one step, on the phone of whoever is to do it. It asks for nothing but what its link opens.

import { send, tellApi } from "./api.js";
import { announce, at, h, put } from "./dom.js";
import { over } from "./over.js";
import * as steps from "./steps.js";
import { whose } from "./steps.js";
import { say } from "./words.js";
import { clock, isPast, left, setTime } from "./time.js";

const EVERY = 1500; // between two looks
const HIDDEN = 10000; // … while nobody sees the page

// The page's own address is the link: what belongs to it lies below.
const below = (name) => `${location.pathname.split("/").pop()}/${name}`;

// What is to be done, by how things stand; a login that waits says so itself. Any other standing is an end.
const KINDS = { waiting: "", confirm: "confirm", offered: "open", fetching: "fetching", later: "later" };

let drawn = ""; // what is shown: a kind of step, or how the login ended
let parts = {};
let timer = 0;
let looking = false;

function show(step) {
  const stage = step.kind === "scan" && isPast(step.deadline) ? "stale" : step.kind;
  if (stage !== drawn) {
    if (drawn) announce(say.newStep(say.kinds[stage] ?? say.stale, whose(step)));
    drawn = stage;
    parts = STEPS[stage](step);
    const heading = h("h1", { id: "what" }, say.kinds[stage] ?? say.stale);
    const ends = step.deadline && stage !== "stale";
    parts.countdown = ends && clock(step.deadline, left, "left");
    const rest = ends && h("p.card-left", {}, parts.countdown, h("span", {}, ` ${say.left}`));
    at("main").replaceChildren(h(`article.card.${stage}`, { "aria-labelledby": "what" },
      h("header", {}, h("div", {}, heading, h("span.who", {}, whose(step))), rest), h("div.card-body", {}, parts.body)));
    document.title = `${heading.textContent} · ${whose(step)}`;
    parts.focus?.();
  }
  if (parts.countdown) setTime(parts.countdown, step.deadline);
  parts.update?.(step);
}

const STEPS = { scan, code, slider, confirm: steps.confirm, open, fetching: steps.fetching, later: steps.later, stale };

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
  return { body: [steps.expired(), h("p.how", {}, say.staleHow)] };
}

function code(step) {
  return steps.code(step, async (code) => {
    await send("POST", below("verify"), { code });
    soon();
  });
}

function slider(step) {
  return steps.slider(step, async () => {
    await send("POST", below("slider-done"));
    soon();
  });
}

function open() {
  return steps.open(async () => {
    await send("POST", below("open"));
    soon();
  });
}

// The last thing that is shown: nothing is asked for any more.
function end(standing) {
  drawn = standing;
  const told = standing === "online" ? h("section.over", {}, steps.done(), h("h1", {}, say.online), h("p", {}, say.link.done)) : over();
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
    if (!(told.standing in KINDS)) return end(told.standing);
    show({ ...told, kind: told.kind ?? KINDS[told.standing] });
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
