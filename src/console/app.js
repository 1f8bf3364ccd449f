// The console: who is let in, which page is shown, and what keeps it true.

import { get, post, remove } from "./api.js";
import { accountPage } from "./account.js";
import { begin } from "./dialogs.js";
import { at, h, put, run, toast } from "./dom.js";
import { inbox } from "./inbox.js";
import { lists } from "./lists.js";
import { atOnce, live, rest, watchApi } from "./live.js";
import { sessionPage } from "./session.js";
import { say } from "./words.js";

let page = null; // {element, look}
let signedIn = false;

// The first page: the inbox, then the lists.
function home(query) {
  const waiting = inbox();
  const list = lists(Object.fromEntries(query));
  return {
    element: h("div.home", {}, h("h1.unseen", {}, "wxlogind"), waiting.element, list.element),
    look: (summary) => Promise.all([waiting.look(), list.look(summary)]),
  };
}

// The page that the address names.
function route() {
  if (!signedIn) return;
  const [path, query] = location.hash.replace(/^#\/?/, "").split("?");
  const [kind, name] = path.split("/");
  const pages = { accounts: accountPage, sessions: sessionPage };
  page = kind in pages && name ? pages[kind](decodeURIComponent(name)) : home(new URLSearchParams(query ?? ""));
  document.title = "wxlogind";
  at("main").replaceChildren(page.element);
  scrollTo(0, 0);
  atOnce();
}

async function look() {
  const shown = page;
  const summary = await get(["summary"]);
  put(at("pulse"), say.pulse(summary.accounts.online, summary.accounts.known));
  if (shown === page) await page.look(summary);
}

function reach(answers) {
  const lost = at("lost");
  document.body.classList.toggle("away", !answers);
  lost.hidden = answers;
  put(lost, answers ? "" : say.lost);
  if (answers && signedIn) toast(say.back);
}

// The page for those who are not let in.
function door(sentence) {
  signedIn = false;
  rest();
  page = null;
  at("bar").hidden = at("foot").hidden = true;
  document.title = "wxlogind";
  at("main").replaceChildren(h("section.door", {}, h("img", { src: "assets/icon.svg", alt: "", width: 64, height: 64 }), h("h1", {}, say.door.title),
    h("p.bad", { role: "status" }, sentence), h("p", {}, say.door.how), h("pre", {}, h("code", {}, "wxloginctl console")), h("p", {}, say.door.then)));
}

function enter() {
  signedIn = true;
  at("bar").hidden = at("foot").hidden = false;
  route();
  live(look, reach);
}

async function start() {
  put(at("skip"), say.skip);
  put(at("begin"), say.begin);
  put(at("leave"), say.leave);
  put(at("docs"), say.docs);
  at("begin").addEventListener("click", begin);
  at("leave").addEventListener("click", () => run(at("leave"), async () => {
    await remove(["console", "session"]);
    door(say.door.ended);
  }));
  at("skip").addEventListener("click", (event) => {
    event.preventDefault();
    at("main").focus();
  });
  addEventListener("hashchange", arrive);
  watchApi(() => signedIn && door(say.door.ended));
  await arrive();
}

// An invitation is followed and taken out of the address; whoever is let in already sees the page.
async function arrive() {
  const secret = /^#enter=([0-9a-f]+)$/.exec(location.hash)?.[1];
  if (!secret && signedIn) return route();
  at("main").replaceChildren(h("p.quiet.coming", {}, say.door.coming));
  try {
    if (secret) {
      history.replaceState(null, "", "#/");
      await post(["console", "session"], { secret });
    }
    const { signedIn: isIn } = await get(["console", "session"]);
    if (isIn) enter();
    else door(say.door.closed);
  } catch (error) {
    door(error.message);
    // A daemon that is away comes back.
    if (error.lost) setTimeout(arrive, 3000);
  }
}

start();
