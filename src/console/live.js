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
let next = Infinity; // when the timer looks
let again = 0;
let looking = false;
let wanted = false; // another look, when this one is done
let hurries = false; // … without a pause
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
  next = Infinity;
  clearTimeout(again);
  stream?.close();
  stream = null;
  streams = false;
}

// Looks again soon: something has changed, or is likely to have. A look that comes sooner anyway stays where it is, so
// that events without end do not put it off without end.
export function soon(delay = 0) {
  const at = Math.max(performance.now() + delay, last + CALM);
  if (at < next) lookAt(at);
}

// Looks now: another page is shown.
export function atOnce() {
  hurries = looking;
  if (!looking) lookAt(0);
}

function lookAt(at) {
  if (!alive) return;
  clearTimeout(timer);
  next = at;
  timer = setTimeout(lookNow, Math.max(0, at - performance.now()));
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
  next = Infinity;
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
  if (hurries) atOnce();
  else if (wanted) soon();
  else if (next === Infinity) lookAt(performance.now() + (document.hidden || (streams && reached) ? SELDOM : POLL));
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
