// What keeps the page true: the stream of events says when to look again; without it the page looks every few seconds.

import { tellApi } from "./api.js";

const POLL = 3000; // between two looks while there is no stream
const SELDOM = 10000; // … while there is one, so that a daemon is missed that went without a word
const CALM = 700; // least time between two looks, however many events come
const ASK_AGAIN = 30000; // after a daemon that has no stream
const STATES = ["qr-issued", "awaiting-verify", "slider", "online", "dropped"].map((state) => `session.${state}`);
const ABOUT = ["relogin-scheduled", "scan-needed", "drop-expected", "budget-spent", "settled", "renewal-due", "new-device", "relogin-stopped"];
const EVENTS = [...STATES, ...ABOUT.map((about) => `account.${about}`), "fleet.storm", "store.restored", "reset"];

let look = async () => {};
let tell = () => {};
let stream = null;
let streams = false; // whether events come in
let reached = true;
let timer = 0;
let again = 0;
let looking = false;
let wanted = false;
let last = 0;
let alive = false;

// Begins: `look` fetches what is shown, `tell(reached)` hears whether the daemon answers.
export function live(fetchAll, told) {
  [look, tell, alive] = [fetchAll, told, true];
  listen();
  soon(0);
}

export function rest() {
  alive = false;
  clearTimeout(timer);
  clearTimeout(again);
  stream?.close();
  stream = null;
  streams = false;
}

// Looks again soon: something has changed, or is likely to have.
export function soon(delay = 0) {
  if (!alive) return;
  const calm = Math.max(delay, last + CALM - performance.now());
  clearTimeout(timer);
  timer = setTimeout(lookNow, Math.max(0, calm));
}

// What the API noticed.
export function watchApi(signedOut) {
  tellApi(signedOut, (answers) => {
    if (answers === reached) return;
    reached = answers;
    tell(reached);
    if (reached) soon();
  });
}

async function lookNow() {
  if (looking) {
    wanted = true;
    return;
  }
  looking = true;
  wanted = false;
  last = performance.now();
  try {
    await look();
  } catch {
    // The API has told already what is wrong.
  }
  looking = false;
  if (wanted) soon();
  else if (alive) {
    clearTimeout(timer);
    timer = setTimeout(lookNow, document.hidden ? SELDOM : streams && reached ? SELDOM : POLL);
  }
}

function listen() {
  if (!alive || document.hidden) return;
  clearTimeout(again);
  stream?.close();
  stream = new EventSource("v1/events");
  stream.onopen = () => {
    streams = true;
    soon();
  };
  stream.onerror = () => {
    streams = false;
    soon(200);
    // Closed for good: the daemon has none, or is away. The lists go on being asked for.
    if (stream.readyState === EventSource.CLOSED) again = setTimeout(listen, ASK_AGAIN);
  };
  for (const name of EVENTS) stream.addEventListener(name, () => soon(60));
}

// The browser knows of its own network first.
for (const change of ["offline", "online"]) addEventListener(change, () => soon());

// A page that nobody looks at holds no stream open; there are few of them.
document.addEventListener("visibilitychange", () => {
  if (!alive) return;
  if (document.hidden) {
    stream?.close();
    streams = false;
  } else {
    listen();
    soon();
  }
});
