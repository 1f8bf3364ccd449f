// Accounts and logins, a page at a time, filtered by the daemon: ten thousand of them are as quick as ten.

import { get } from "./api.js";
import { h, keep, put } from "./dom.js";
import { soon } from "./live.js";
import { accountRow, sessionRow } from "./rows.js";
import { say } from "./words.js";

const ROWS = 50;
const TYPED = 250; // after the last key

const KINDS = {
  accounts: {
    states: {
      "": say.all, online: say.standing.online, offline: say.standing.offline,
      "scan-needed": say.standing.inFlight, "relogin-scheduled": say.standing.due, resting: say.standing.resting,
    },
    // Offline are all that are not online, whatever is on its way.
    query: (state) => (["online", "offline"].includes(state) ? { online: String(state === "online") } : { standing: state }),
    total: ({ accounts }, state) => ({ ...accounts.standing, "": accounts.known, offline: accounts.known - accounts.online })[state],
    key: (account) => account.wcId, row: accountRow, none: say.noAccounts,
  },
  sessions: {
    states: { "": say.all, ...say.states },
    query: (state) => ({ state, order: "newest" }),
    total: (summary, state) => (state ? summary.sessions[state] : Object.values(summary.sessions).reduce((sum, count) => sum + count, 0)),
    key: (session) => session.wId, row: sessionRow, none: say.noSessions,
  },
};

// The lists, with what the address says of them: which, state, text, label.
export function lists(asked) {
  const filter = { list: "accounts", state: "", text: "", label: "", ...asked };
  if (!(filter.list in KINDS)) filter.list = "accounts";
  let places = [""]; // the `after` of each page up to this one
  let kept = new Map();
  let summary = null;
  let turn = 0;

  const tabs = h("div.tabs", { role: "tablist", "aria-label": say.show, onkeydown: (event) => {
    if (!["ArrowLeft", "ArrowRight"].includes(event.key)) return;
    pick(filter.list === "accounts" ? "sessions" : "accounts");
    tabs.querySelector("[aria-selected=true]").focus();
  } });
  const states = h("div.states", { role: "group", "aria-label": say.show });
  const search = h("input", { type: "search", placeholder: say.searchHow, "aria-label": say.search, value: filter.text, autocomplete: "off", spellcheck: false, oninput: () => {
    clearTimeout(typing);
    typing = setTimeout(() => change({ text: search.value.trim() }), TYPED);
  } });
  const labelled = h("button.tag.on", { type: "button", hidden: true, onclick: () => change({ label: "" }) });
  const list = h("ul.rows", { role: "list" });
  const none = h("div.empty", { hidden: true });
  const which = h("span.which", { role: "status" });
  const previous = h("button.button", { type: "button", onclick: () => turnTo(places.slice(0, -1)) }, say.previous);
  const next = h("button.button", { type: "button", onclick: () => turnTo([...places, next.dataset.after]) }, say.next);
  const panel = h("div", { role: "tabpanel", id: "panel", tabindex: "-1" },
    h("div.filters", {}, states, labelled, search), list, none, h("nav.pages", { "aria-label": say.page(1, ROWS, 0) }, which, previous, next));
  const element = h("section.lists", {}, tabs, panel);
  let typing = 0;

  function pick(name) {
    change({ list: name, state: "" });
  }

  function change(to) {
    Object.assign(filter, to);
    places = [""];
    const said = Object.entries(filter).filter(([key, value]) => value && !(key === "list" && value === "accounts"));
    const query = new URLSearchParams(said).toString();
    history.replaceState(null, "", query ? `#/?${query}` : "#/");
    draw();
    look();
  }

  function turnTo(to) {
    places = to;
    look().then(() => {
      panel.focus({ preventScroll: true });
      panel.scrollIntoView({ block: "start" });
    });
  }

  function draw() {
    const { states: known } = KINDS[filter.list];
    tabs.replaceChildren(...Object.keys(KINDS).map((name) => {
      const chosen = name === filter.list;
      return h("button", { type: "button", role: "tab", "aria-selected": String(chosen), "aria-controls": "panel", tabIndex: chosen ? 0 : -1, onclick: () => pick(name) }, say[name]);
    }));
    panel.setAttribute("aria-label", say[filter.list]);
    states.replaceChildren(...Object.entries(known).map(([state, word]) =>
      h("button", { type: "button", "aria-pressed": String(state === filter.state), data: { state }, onclick: () => {
        change({ state });
        states.querySelector(`[data-state="${state}"]`).focus();
      } }, word, h("span.number"))));
    labelled.hidden = !filter.label;
    put(labelled, filter.label ? `${say.onlyLabel(filter.label)} ✕` : "");
    labelled.title = say.anyLabel;
    if (document.activeElement !== search) search.value = filter.text;
    figures();
  }

  function figures() {
    if (!summary) return;
    for (const button of states.children) {
      put(button.lastElementChild, KINDS[filter.list].total(summary, button.dataset.state).toLocaleString());
    }
  }

  // Asks for the page that is shown. What was asked for earlier and comes later is not drawn.
  async function look(figuresNow) {
    if (figuresNow) {
      summary = figuresNow;
      figures();
    }
    turn += 1;
    const mine = turn;
    const kind = KINDS[filter.list];
    const after = places.at(-1);
    const query = { ...kind.query(filter.state), text: filter.text, label: filter.label, limit: ROWS, after };
    const page = await get([filter.list], query);
    if (mine !== turn) return;
    const rows = page[filter.list];
    if (list.dataset.of !== filter.list) {
      list.dataset.of = filter.list;
      list.replaceChildren();
      kept = new Map();
    }
    keep(list, kept, rows, kind.key, kind.row((label) => change({ label })));
    const filtered = Boolean(filter.state || filter.text || filter.label);
    none.hidden = rows.length > 0;
    if (!none.hidden) {
      const clear = h("button.button", { type: "button", onclick: () => change({ state: "", text: "", label: "" }) }, say.clear);
      none.replaceChildren(h("p", {}, filtered ? say.noneLike : kind.none), ...(filtered ? [clear] : []));
    }
    const first = (places.length - 1) * ROWS;
    const total = summary && !filter.text && !filter.label ? kind.total(summary, filter.state) : 0;
    put(which, rows.length ? say.page(first + 1, first + rows.length, total) : "");
    previous.disabled = places.length < 2;
    next.disabled = !page.next;
    next.dataset.after = page.next ?? "";
    previous.hidden = next.hidden = places.length < 2 && !page.next;
  }

  draw();
  // A page that somebody deleted the last row of leads back.
  return { element, look: (figuresNow) => look(figuresNow).catch((error) => {
    if (error.code === "invalid-request" && places.length > 1) {
      places = [""];
      soon();
    }
    throw error;
  }) };
}
